import type { Stage } from "./stage.ts";

/** The resources of the account, by kind: names in alphabetical order. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

const CLOUDFORMATION_VERSION = "2010-05-15";
const IAM_VERSION = "2010-05-08";
const CLOUDWATCH = "GraniteServiceVersion20100801";

/** Schedule groups and event buses of this name exist in every account of AWS. */
const DEFAULT = "default";

/** Lists the names of everything that a deployment could leave behind. */
export async function takeInventory({ account }: Stage): Promise<Inventory> {
  const { json, read, query } = account;
  const answers: [kind: string, field: string, answer: Promise<unknown>][] = [
    [
      "stacks",
      "StackName",
      query("cloudformation", CLOUDFORMATION_VERSION, { Action: "DescribeStacks" }),
    ],
    ["roles", "RoleName", query("iam", IAM_VERSION, { Action: "ListRoles" })],
    ["buckets", "Name", read("s3", "/")],
    ["functions", "FunctionName", read("lambda", "/2015-03-31/functions")],
    ["schedules", "Name", read("scheduler", "/schedules")],
    ["schedule groups", "Name", read("scheduler", "/schedule-groups")],
    ["machines", "name", json("states", "AWSStepFunctions.ListStateMachines", {})],
    ["log groups", "logGroupName", json("logs", "Logs_20140328.DescribeLogGroups", {})],
    ["queues", "QueueUrls", json("sqs", "AmazonSQS.ListQueues", {})],
    ["event buses", "Name", json("events", "AWSEvents.ListEventBuses", {})],
    ["alarms", "AlarmName", json("monitoring", `${CLOUDWATCH}.DescribeAlarms`, {})],
    ["dashboards", "DashboardName", json("monitoring", `${CLOUDWATCH}.ListDashboards`, {})],
  ];
  const inventory = answers.map(async ([kind, field, answer]) => {
    const names = findTexts(field, await answer).filter((name) => name !== DEFAULT);
    return [kind, names.toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(inventory));
}

/** Finds a field anywhere in an answer, and returns its texts. */
export function findTexts(field: string, answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.flatMap((each: unknown) => findTexts(field, each));
  if (typeof answer !== "object" || answer === null) return [];
  return Object.entries(answer).flatMap(([name, value]: [string, unknown]) =>
    name === field ? toTexts(value) : findTexts(field, value),
  );
}

function toTexts(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === "string");
}
