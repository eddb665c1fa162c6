import * as v from "valibot";
import { readLoopSettings } from "../config/definition.ts";
import type { LoopInput } from "../config/loops.ts";
import { formatFileProblem, validateFile } from "../config/validate-file.ts";
import { alarmPeriodSeconds, buildLoopAlarms } from "./alarms.ts";
import type { Resources } from "./cloudformation.ts";
import { buildDashboard } from "./dashboard.ts";
import { type DeploymentParameters, readParameters } from "./parameters.ts";
import { buildPermissions, POLICIES_PER_ROLE } from "./permissions.ts";
import { buildSchedules } from "./schedules.ts";

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

const named = v.object({ scalers: v.string() });

/**
 * Reads the scalers file that the parameters name, and the settings in the definition, and checks
 * all three: what is wrong with any of them is among the problems.
 */
export function buildDeployment(written: unknown): Deployment {
  const settings = readLoopSettings();
  const parameters = readParameters(written);
  const { scalers: file } = v.parse(named, written);
  const { loops, ...found } = validateFile(file);
  const warnings = found.warnings.map(formatFileProblem);
  const problems = found.problems.map(formatFileProblem);
  if ("problem" in settings) problems.unshift(settings.problem);
  if ("problems" in parameters) problems.unshift(...parameters.problems);
  if (problems.length > 0 || "problem" in settings || "problems" in parameters)
    return { ...NOTHING, problems, warnings };
  const periodSeconds = alarmPeriodSeconds(settings.pollIntervalSeconds);
  return { ...deploymentOfLoops(loops, parameters, periodSeconds), warnings };
}

/** Nothing is deployed of it: any values will do. */
const NOTHING = { resources: {}, alarmActions: [], alarmPeriodSeconds: 60 };

function deploymentOfLoops(
  loops: readonly LoopInput[],
  parameters: DeploymentParameters,
  periodSeconds: number,
): Omit<Deployment, "warnings"> {
  const { prefix, alarmTopicArn, dashboard } = parameters;
  const actions = alarmTopicArn === "" ? [] : [alarmTopicArn];
  const permissions = buildPermissions(loops, parameters);
  const problems = tooManyPolicies(permissions, parameters.scalers);
  if (problems.length > 0) return { ...NOTHING, problems };
  return {
    resources: {
      ...permissions,
      ...buildSchedules(loops, Object.keys(permissions)),
      ...buildLoopAlarms(loops, { prefix, actions, periodSeconds }),
      ...(dashboard ? { Dashboard: buildDashboard(loops, prefix) } : {}),
    },
    alarmActions: actions,
    alarmPeriodSeconds: periodSeconds,
    problems,
  };
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
