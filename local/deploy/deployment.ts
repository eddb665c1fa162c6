import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as v from "valibot";
import { loopSettings } from "../../functions/core/settings.ts";
import type { LoopInput } from "../scalers-file/loops.ts";
import { findingText, validateFile } from "../scalers-file/validate-file.ts";
import { alarmPeriodSeconds, loopAlarms } from "./alarms.ts";
import type { Resources } from "./cloudformation.ts";
import { dashboardOf } from "./dashboard.ts";
import {
  type DeploymentParameters,
  deploymentParameters,
  parameterProblems,
} from "./parameters.ts";
import { POLICIES_PER_ROLE, permissionsOf } from "./permissions.ts";
import { schedulesOf } from "./schedules.ts";

/** What scalers.yml and the parameters add to the CloudFormation of statemachine/*.yml. */
export interface Deployment {
  resources: Resources;
  /** SNS topics that every alarm is sent to. */
  alarmActions: string[];
  alarmPeriodSeconds: number;
  /** A line each; any of them keeps the whole from being deployed, and then there are no resources. */
  problems: string[];
  /** A line each; none of them does. */
  warnings: string[];
}

const DEFINITION = resolve(import.meta.dirname, "../../statemachine/scaling-loop.asl.json");

const definition = v.object({
  States: v.object({ Settings: v.object({ Parameters: v.object({ settings: loopSettings }) }) }),
});

const named = v.object({ scalers: v.string() });

/** Reads the scalers file that the parameters name, and checks both. Never throws over either. */
export function deploymentOf(parameters: unknown): Deployment {
  const periodSeconds = alarmPeriodSeconds(pollIntervalSeconds());
  const wrong = parameterProblems(parameters);
  if (!v.is(named, parameters)) return nothing(periodSeconds, wrong, []);
  const { loops, ...found } = validateFile(parameters.scalers);
  const warnings = found.warnings.map(findingText);
  const problems = [...wrong, ...found.problems.map(findingText)];
  if (problems.length > 0 || !v.is(deploymentParameters, parameters))
    return nothing(periodSeconds, problems, warnings);
  return deploymentOfLoops(loops, parameters, periodSeconds, warnings);
}

function deploymentOfLoops(
  loops: readonly LoopInput[],
  parameters: DeploymentParameters,
  periodSeconds: number,
  warnings: string[],
): Deployment {
  const { prefix, alarmTopicArn } = parameters;
  const actions = alarmTopicArn === "" ? [] : [alarmTopicArn];
  const permissions = permissionsOf(loops, parameters);
  const problems = tooManyPolicies(permissions, parameters.scalers);
  if (problems.length > 0) return nothing(periodSeconds, problems, warnings);
  return {
    resources: {
      ...permissions,
      ...schedulesOf(loops, Object.keys(permissions)),
      ...loopAlarms(loops, { prefix, actions, periodSeconds }),
      Dashboard: dashboardOf(loops, prefix),
    },
    alarmActions: actions,
    alarmPeriodSeconds: periodSeconds,
    problems,
    warnings,
  };
}

function nothing(periodSeconds: number, problems: string[], warnings: string[]): Deployment {
  return { resources: {}, alarmActions: [], alarmPeriodSeconds: periodSeconds, problems, warnings };
}

/** Some hundreds of groups, or of parameters, are more than one role can be given by name. */
function tooManyPolicies(permissions: Resources, file: string): string[] {
  const byRole = Map.groupBy(Object.values(permissions), ({ Properties }) =>
    JSON.stringify(Properties.Roles),
  );
  return [...byRole.values()]
    .filter(({ length }) => length > POLICIES_PER_ROLE)
    .map(
      ({ length }) =>
        `${file}: names so many groups or parameters that a role would need ${length} policies; allowed: ${POLICIES_PER_ROLE}. Deploy a part of its clusters as another stage, with a scalers file of its own`,
    );
}

function pollIntervalSeconds(): number {
  const { States } = v.parse(definition, JSON.parse(readFileSync(DEFINITION, "utf8")));
  return States.Settings.Parameters.settings.pollIntervalSeconds;
}
