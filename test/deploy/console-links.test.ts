import { createRequire } from "node:module";
import { expect, test } from "vitest";

/** The plugin's plain JavaScript. */
interface ConsoleLinks {
  listSections(deployed: {
    region: string;
    prefix: string;
    machineArn: string;
    dashboard: boolean;
  }): [title: string, lines: string | string[]][];
}

const { listSections }: ConsoleLinks = createRequire(import.meta.url)(
  "../../deploy/console-links.cjs",
);

const PREFIX = "buildkite-scaling-loop-prod";
const ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:buildkite-scaling-loop-prod";

function listLinks(region: string, dashboard = true): string[] {
  return listSections({ region, prefix: PREFIX, machineArn: ARN, dashboard })
    .filter(([title]) => title !== "next")
    .map(([, link]) => String(link));
}

test("the links lead to the state machine and to the dashboard", () => {
  expect(listLinks("eu-west-1")).toEqual([
    `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/statemachines/view/${ARN}`,
    `https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards:name=${PREFIX}`,
  ]);
});

test("there is no link to a dashboard that does not exist", () => {
  expect(listLinks("eu-west-1", false)).toHaveLength(1);
});

test.each([
  ["cn-north-1", "https://cn-north-1.console.amazonaws.cn/"],
  ["us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"],
])("in %s, the console has another domain", (region, start) => {
  for (const link of listLinks(region)) expect(link.startsWith(start)).toBe(true);
});
