import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decide } from "../../functions/core/decide.ts";
import { createGroup, createObservation, createQueue } from "../support/facts.ts";
import { createScaler } from "../support/scaler.ts";

const EXAMPLE = /```json\n(\{ "scaler".*?)```/s;

test("README.md shows the decision that its example leads to", () => {
  const [, written = ""] = EXAMPLE.exec(readFileSync("README.md", "utf8")) ?? [];
  const scaler = createScaler({ name: "my-asg", agentsPerInstance: 4 });
  const queue = createQueue({ scheduled: 12, running: 3 }, 8);
  const group = createGroup({ desired: 2, max: 3 });
  const { decision } = decide(scaler, {}, createObservation(queue, group));
  expect(JSON.parse(written)).toEqual(decision);
});
