import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { createDemoFleet } from "../../../cli/try/demo-fleet.ts";
import { readFirstLoop } from "../../../cli/try/read-loop.ts";
import { recordedPollSchema } from "../../../local/engine/recorded-tasks.ts";
import { sum } from "../../../simulation/statistics.ts";
import { runFleetLoop, START_MS } from "../../support/fleet-loop.ts";
import { readAnswers } from "../../support/times.ts";

/** What `npm start` shows, in virtual time: the sandbox's own scalers file and its fleet. */

const SCALERS = fileURLToPath(new URL("../../../cli/try/scalers.yml", import.meta.url));

async function runDemo(seed: number) {
  const loop = readFirstLoop(SCALERS, () => {});
  if (loop === undefined) throw new Error("the sandbox's scalers file has problems");
  const fleet = createDemoFleet({ loop, seed, seconds: 180, workload: "mix" }, START_MS);
  return await runFleetLoop(fleet, loop, 2);
}

describe.each([1, 2, 3])("npm start with seed %i", (seed) => {
  test("interrupts no job, drains instances of each group, and finishes its jobs", async () => {
    const { fleet, set, stopped } = await runDemo(seed);
    const queues = [...fleet.results().queues.values()];
    expect(sum(queues.map(({ interrupted }) => interrupted))).toBe(0);
    expect(sum(queues.map(({ ended }) => ended))).toBeGreaterThan(20);
    expect(set.filter(({ from, to }) => to < from)).toEqual([]);
    expect(stopped.length).toBeGreaterThan(3);
    for (const group of fleet.groupNames()) {
      expect(fleet.groupFacts(group)).toMatchObject({ desired: 0, inService: 0 });
    }
  });

  test("scales three groups out at the second poll", async () => {
    const { outcomes } = await runDemo(seed);
    const [, second] = outcomes.flatMap(({ history }) => readAnswers("Compute capacity", history));
    const { decisions } = v.parse(recordedPollSchema, second);
    expect(decisions.map(({ action }) => action)).toEqual(["scale-out", "scale-out", "scale-out"]);
  });
});
