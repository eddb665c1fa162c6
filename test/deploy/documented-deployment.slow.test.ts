import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { packageOnce, selectByType, toPlain, writeFileIn } from "../support/packaged.ts";
import { listStatements } from "../support/statements.ts";

/** Compares the tables of the documentation with a deployment. */
const DOCUMENT = readFileSync("docs/deploying.md", "utf8");

/** Returns the cells of the table with this first cell in its header. */
function readTable(head: string): string[][] {
  const lines = DOCUMENT.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const table = lines.slice(start + 2);
  const end = table.findIndex((line) => !line.startsWith("|"));
  return table.slice(0, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const serverlessSchema = v.object({
  params: v.object({ default: v.record(v.string(), v.union([v.string(), v.number()])) }),
});

test("the table of parameters has every parameter with its default", () => {
  const { params } = v.parse(serverlessSchema, parse(readFileSync("serverless.yml", "utf8")));
  const expected = Object.entries(params.default).map(([name, value]) => [
    `\`--param ${name}=\``,
    value === "" ? "none" : `\`${value}\``,
  ]);
  const rows = readTable("parameter").filter(([name]) => name?.startsWith("`--param"));
  expect(rows.map(([name, value]) => [name, value])).toEqual(expect.arrayContaining(expected));
  expect(rows).toHaveLength(expected.length);
});

const HOLDERS: Readonly<Record<string, string>> = {
  "the state machine": "ScalingLoopRole",
  "the schedules": "ScheduleRole",
};

/** `claim-slot` has the role `ClaimSlotRole`. */
function roleName(holder: string): string {
  const words = holder.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return HOLDERS[holder] ?? `${words.join("")}Role`;
}

/** A cluster with events. */
function writeScalers(scaleIn: string): string {
  return writeFileIn(
    "all.yml",
    `clusters:
  - name: main
    agentTokenParameter: /aws/reference/secretsmanager/token
    events: { bus: forwarded }
    scalers: [{ queue: default, group: web, agentsPerInstance: 1, scaleIn: { ${scaleIn} } }]
`,
  );
}

test.each([
  ["with graceful scale-in, every action", "graceful: true", /`([\w:]+)`/g],
  ["without it, every action that is not marked", "disabled: true", /`([\w:]+)`(?!\\\*)/g],
])("the table of permissions has: %s of every role, and no other", (_, scaleIn, action) => {
  const scalers = writeScalers(scaleIn);
  const key = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555";
  const params = [`scalers=${scalers}`, `tokenKmsKeyArn=${key}`, "tracing=true"];
  const statements = listStatements(packageOnce(...params.flatMap((param) => ["--param", param])));
  const granted = statements.map((line) => line.split(" on ", 1)[0]);
  const told = readTable("who").flatMap(([holder = "", may = ""]) =>
    [...may.matchAll(action)].map(([, name]) => `${roleName(holder)}: ${name}`),
  );
  expect(told.toSorted()).toEqual([...new Set(granted)].toSorted());
});

test("the table of alarms has every alarm, and no other", () => {
  const all = packageOnce("--param", `scalers=${writeScalers("graceful: true")}`);
  const names = selectByType(all, "AWS::CloudWatch::Alarm").map(([, { AlarmName }]) =>
    toPlain(AlarmName).replace("buildkite-scaling-loop-dev-", "").replace(".main", ".<loop>"),
  );
  const told = readTable("alarm").map(([name = ""]) => name.replaceAll("`", ""));
  expect(told.toSorted()).toEqual(names.toSorted());
});
