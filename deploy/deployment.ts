import * as v from "valibot";
import { DEFINITION_FILE, readLoopSettings } from "../config/definition.ts";
import type { LoopInput } from "../config/loops.ts";
import { formatFileProblem, type ValidationResult, validateFile } from "../config/validate-file.ts";
import { explainLongInterval } from "../functions/core/events.ts";
import { DEFAULT_AGENT_ENDPOINT, endpointSchema } from "../functions/core/execution-input.ts";
import type { LoopSettings } from "../functions/core/loop-settings.ts";
import { formatProblems } from "../functions/core/problems.ts";
import { PRODUCT, VERSION } from "../functions/core/version.ts";
import { alarmPeriodSeconds, buildLoopAlarms } from "./alarms.ts";
import type { Resources } from "./cloudformation.ts";
import { buildDashboard } from "./dashboard.ts";
import { buildEvents, findLongQueueNames, listEventLoops } from "./events.ts";
import {
  buildDocumentEnvironment,
  buildDocuments,
  listGracefulScalers,
  nameDocuments,
} from "./instance-documents.ts";
import {
  type DeploymentParameters,
  readParameters,
  warnOfDeclaredParameters,
} from "./parameters.ts";
import { buildPermissions, POLICIES_PER_ROLE } from "./permissions.ts";
import { buildSchedules } from "./schedules.ts";

/** What scalers.yml and the parameters add to the CloudFormation resources in statemachine/. */
export interface Deployment {
  resources: Resources;
  logRetentionDays: number;
  /** Whether the state machine sends traces to X-Ray. */
  tracing: boolean;
  /** Of the stack, with the version that is deployed. */
  description: string;
  /** Of the stack. CloudFormation passes them on to its resources. */
  tags: Record<string, string>;
  /** Properties of every resource of a type: where roles and policies are, and what bounds roles. */
  propertiesByType: Record<string, Record<string, string>>;
  /** Settings of the definition's first state that a parameter replaces. */
  definitionSettings: Partial<LoopSettings>;
  /** ARNs of the SNS topics that every alarm notifies. */
  alarmActions: string[];
  alarmPeriodSeconds: number;
  /** A period that always contains a poll and a publishing of metrics. */
  publishAlarmPeriodSeconds: number;
  /** Variables of the functions that ask or stop instances; empty if no scaler does. */
  environment: Record<string, string>;
  /** Variables of Fetch metrics. */
  fetchEnvironment: Record<string, string>;
  /** One line each. If there are any, nothing is deployed and there are no resources. */
  problems: string[];
  /** One line each. They do not block a deploy. */
  warnings: string[];
}

const scalersFileSchema = v.object({ scalers: v.string() });

/**
 * Builds the deployment from `custom.deployment` of serverless.yml. Checks the parameters, the scalers
 * file that they name, and the settings in the definition, and returns the problems of all three.
 */
export function buildDeployment(written: unknown): Deployment {
  const parameters = readParameters(written);
  const definitionSettings = "problems" in parameters ? {} : replaceSettings(parameters);
  const settings = { ...readLoopSettings(), ...definitionSettings };
  const { scalers: file } = v.parse(scalersFileSchema, written);
  const checked = validateFile(file);
  const warnings = [
    ...warnOfDeclaredParameters(written),
    ...checked.warnings.map(formatFileProblem),
  ];
  const problems = checked.problems.map(formatFileProblem);
  if ("problem" in settings) problems.unshift(settings.problem);
  else if (checked.events.size > 0) problems.push(...explainInterval(settings, definitionSettings));
  if ("problems" in parameters) problems.unshift(...parameters.problems);
  if (problems.length > 0 || "problem" in settings || "problems" in parameters)
    return { ...NOTHING, problems, warnings };
  const periodSeconds = alarmPeriodSeconds(settings.pollIntervalSeconds);
  const publishSeconds = alarmPeriodSeconds(settings.publishIntervalSeconds);
  return {
    ...deployLoops(checked, parameters, periodSeconds),
    definitionSettings,
    publishAlarmPeriodSeconds: Math.max(periodSeconds, publishSeconds),
    warnings,
  };
}

/** The rest of a deployment with problems. Its values are not used, but Serverless checks them first. */
const NOTHING = {
  resources: {},
  logRetentionDays: 14,
  tracing: false,
  description: "",
  tags: {},
  propertiesByType: {},
  definitionSettings: {},
  alarmActions: [],
  alarmPeriodSeconds: 60,
  publishAlarmPeriodSeconds: 60,
  environment: {},
  fetchEnvironment: {},
};

function replaceSettings({ pollIntervalSeconds }: DeploymentParameters): Partial<LoopSettings> {
  return pollIntervalSeconds === undefined ? {} : { pollIntervalSeconds };
}

function explainInterval(
  settings: LoopSettings,
  { pollIntervalSeconds }: Partial<LoopSettings>,
): string[] {
  const problem = explainLongInterval(settings);
  if (problem === undefined) return [];
  return pollIntervalSeconds === undefined
    ? [`${DEFINITION_FILE}: ${formatProblems([problem])}`]
    : [`--param pollIntervalSeconds: ${problem.what}`];
}

function deployLoops(
  { loops, events }: ValidationResult,
  parameters: DeploymentParameters,
  periodSeconds: number,
): Omit<Deployment, "warnings" | "publishAlarmPeriodSeconds" | "definitionSettings"> {
  const { prefix, alarmTopicArn, dashboard } = parameters;
  const actions = alarmTopicArn === "" ? [] : [alarmTopicArn];
  const names = nameDocuments(parameters);
  const isGraceful = loops.some((loop) => listGracefulScalers(loop).length > 0);
  const documents = isGraceful && parameters.ssmDocuments === "" ? buildDocuments(names) : {};
  const eventLoops = listEventLoops(loops, events, prefix);
  const eventQueues = eventLoops.map(({ queueName }) => queueName);
  const permissions = buildPermissions(loops, { ...parameters, documents: names, eventQueues });
  const problems = [
    ...findExcessPolicies(permissions, parameters.scalers),
    ...findLongQueueNames(eventLoops).map((problem) => `${parameters.scalers}: ${problem}`),
  ];
  if (problems.length > 0) return { ...NOTHING, problems };
  const environment = isGraceful ? buildDocumentEnvironment(names) : {};
  return {
    resources: {
      ...documents,
      ...permissions,
      ...buildEvents(eventLoops),
      ...buildSchedules(loops, eventLoops, [
        ...Object.keys(documents),
        ...Object.keys(permissions),
      ]),
      ...buildLoopAlarms(loops, eventLoops, { prefix, actions, periodSeconds }),
      ...(dashboard ? { Dashboard: buildDashboard(loops, eventLoops, prefix) } : {}),
    },
    logRetentionDays: parameters.logRetentionDays,
    tracing: parameters.tracing,
    description: DESCRIPTION,
    tags: parameters.tags,
    propertiesByType: buildRoleProperties(parameters),
    alarmActions: actions,
    alarmPeriodSeconds: periodSeconds,
    environment,
    fetchEnvironment: { ...environment, AGENT_ENDPOINTS: listEndpoints(loops).join(" ") },
    problems,
  };
}

const DESCRIPTION = `Keeps EC2 Auto Scaling groups at the size that Buildkite's queues need: ${PRODUCT} ${VERSION}`;

/** A property with its default is left out, so that a deployment without these parameters stays as it was. */
function buildRoleProperties({
  rolePath,
  permissionsBoundary,
}: DeploymentParameters): Deployment["propertiesByType"] {
  const path = rolePath === "/" ? {} : { Path: rolePath };
  const boundary = permissionsBoundary === "" ? {} : { PermissionsBoundary: permissionsBoundary };
  return { "AWS::IAM::Role": { ...path, ...boundary }, "AWS::IAM::ManagedPolicy": path };
}

/** The endpoints to which Fetch metrics may send an agent token, as it reads them from an input. */
function listEndpoints(loops: readonly LoopInput[]): string[] {
  const endpoints = loops.map(({ agentEndpoint = DEFAULT_AGENT_ENDPOINT }) =>
    v.parse(endpointSchema, agentEndpoint),
  );
  return [...new Set(endpoints)];
}

/** A role can have a limited number of policies: enough to name some hundreds of groups. */
function findExcessPolicies(permissions: Resources, file: string): string[] {
  const byRole = Map.groupBy(Object.values(permissions), ({ Properties }) =>
    JSON.stringify(Properties.Roles),
  );
  return [...byRole.values()]
    .filter(({ length }) => length > POLICIES_PER_ROLE)
    .map(
      ({ length }) =>
        `${file}: has so many groups or token parameters that a role would need ${length} policies; allowed: ${POLICIES_PER_ROLE}. Move some clusters to another scalers file and deploy it as another stage`,
    );
}
