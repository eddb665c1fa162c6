import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { TIMES_TAG } from "../../functions/core/group-times.ts";
import type { ScalerEntry } from "../../functions/core/scaler-entry.ts";
import { listStatesEntered } from "../../local/engine/history.ts";
import { recordedPollSchema } from "../../local/engine/recorded-tasks.ts";
import { Fleet } from "../../simulation/fleet/fleet.ts";
import type { GroupOptions, InstanceOptions, Job } from "../../simulation/fleet/options.ts";
import { type FleetRun, listLiveInstances, runFleetLoop, START_MS } from "../support/fleet-loop.ts";
import { formatClock, readAnswers, readOutputs } from "../support/times.ts";

/** Graceful scale-in, poll by poll, in one group of a known fleet. Polls are at 09:01:00, 09:01:10 and so on. */

const INSTANCE: InstanceOptions = { boot: 20, connect: 5, terminate: 10, commands: { answer: 2 } };

function createGroup(
  group: Partial<GroupOptions>,
  instance: Partial<InstanceOptions>,
): GroupOptions {
  const usual = { name: "web", queues: ["web"], agentsPerInstance: 1, min: 0, max: 10 };
  return { ...usual, ...group, instance: { ...INSTANCE, ...instance } };
}

/** A job that may run from some seconds after the start on. */
function createJob(seconds: number, durationSeconds: number): Job {
  return {
    queue: "web",
    scheduledMs: START_MS + seconds * 1000,
    durationMs: durationSeconds * 1000,
  };
}

/** Creates a fleet whose group has the tag of one that a loop has seen before. */
function createFleet(
  jobs: readonly Job[],
  group: Partial<GroupOptions> = {},
  instance: Partial<InstanceOptions> = {},
): Fleet {
  const fleet = new Fleet({
    startMs: START_MS,
    seed: 1,
    groups: [createGroup(group, instance)],
    jobs,
  });
  fleet.setTag("web", TIMES_TAG, `desired=${group.desired ?? group.min ?? 0}`);
  return fleet;
}

function run(fleet: Fleet, scaleIn: ScalerEntry["scaleIn"] = {}, slots = 1, more = {}) {
  const scaler: ScalerEntry = {
    queue: "web",
    group: "web",
    agentsPerInstance: 1,
    agentStartupGrace: "1m",
    danglingCheck: { minimumUptime: "1m" },
    scaleIn: { graceful: true, ...scaleIn },
    ...more,
  };
  return runFleetLoop(fleet, { scalers: [scaler] }, slots);
}

/** Lists the polls whose reasons match, as `HH:MM:SS`. */
function listPolls({ outcomes }: FleetRun, pattern: RegExp): string[] {
  return listDecisions(outcomes).flatMap(({ at, reasons }) => (pattern.test(reasons) ? [at] : []));
}

function listDecisions(outcomes: FleetRun["outcomes"]) {
  return outcomes
    .flatMap(({ history }) => readAnswers("Compute capacity", history))
    .map((output) => v.parse(recordedPollSchema, output))
    .map(({ decisions, next }) => ({
      at: formatClock(Date.parse(next.nextPollAt) - 10_000),
      reasons: decisions.flatMap(({ reasons }) => reasons).join("; "),
    }));
}

function countInterruptions(fleet: Fleet): number {
  return fleet.results().queues.get("web")?.interrupted ?? 0;
}

describe("a surplus", () => {
  test("is found, looked at and stopped in three polls; the loop ends the instances at the fourth", async () => {
    const fleet = createFleet([createJob(0, 1000)], { desired: 3 });
    const ran = await run(fleet);
    expect(listPolls(ran, /has to last/)).toEqual(["09:01:00"]);
    expect(listPolls(ran, /looking at 3 instances/)).toEqual(["09:01:10"]);
    expect(listPolls(ran, /draining 2 of 2 surplus: .* idle, .* idle; 1 busy/)).toEqual([
      "09:01:20",
    ]);
    // The stop waits 10 s on the instance, so its answer is there 12 s later.
    expect(ran.terminated.map(({ decrement }) => decrement)).toEqual([true, true]);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
    expect(countInterruptions(fleet)).toBe(0);
  });

  test("of an Elastic CI Stack ends itself: the loop ends nothing and lowers nothing (F1, F2)", async () => {
    const fleet = createFleet([createJob(0, 200)], { desired: 3 }, { endsItself: {} });
    const ran = await run(fleet, {}, 1, { elasticCiMode: true });
    expect([ran.set, ran.terminated]).toEqual([[], []]);
    expect(ran.stopped).toHaveLength(2);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 1, inService: 1 });
    expect(fleet.results().groups.get("web")?.doubleDecrements).toBe(0);
  });

  test("that no agent could work off leaves busy instances alone, if busyAfter is never (F4)", async () => {
    const jobs = [createJob(0, 1000), createJob(0, 1000), createJob(0, 30)];
    const fleet = createFleet(jobs, { desired: 3 });
    const ran = await run(fleet);
    expect(ran.stopped.map(({ action }) => action)).toEqual(["stop-if-idle"]);
    expect(fleet.busyInstances("web")).toBe(2);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2 });
  });

  test("never costs an instance that min needs", async () => {
    const fleet = createFleet([], { desired: 3, min: 2 });
    const ran = await run(fleet);
    expect(ran.stopped).toHaveLength(1);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 2, inService: 2 });
  });

  test("of busy instances drains once busyAfter has passed, and their jobs finish", async () => {
    // Each instance takes two jobs. One of them is short, so four busy instances do the work of two.
    const jobs = [400, 20, 400, 20, 400, 20, 400, 20].map((duration) => createJob(0, duration));
    const fleet = createFleet(jobs, { desired: 4, agentsPerInstance: 2 });
    const ran = await run(fleet, { busyAfter: "30s" }, 3, { agentsPerInstance: 2 });
    expect(ran.stopped.some(({ action }) => action === "stop")).toBe(true);
    expect(countInterruptions(fleet)).toBe(0);
    expect(fleet.results().queues.get("web")?.ended).toBe(8);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 0 });
  });
});

describe("a drain", () => {
  test("does not cause a scale-out, although its agents are gone (F5)", async () => {
    const jobs = [0, 0, 0, 0].map((seconds) => createJob(seconds, 600));
    const fleet = createFleet(jobs, { desired: 10 });
    const ran = await run(fleet);
    expect(ran.stopped).toHaveLength(6); // 10 - 4
    expect(ran.set).toEqual([]);
  });

  test("makes room for new jobs at once: the scale-out adds to what leaves (F6)", async () => {
    const fleet = createFleet(
      [createJob(0, 45), createJob(0, 200), createJob(80, 60), createJob(80, 60)],
      { desired: 2 },
      { endsItself: { afterSeconds: 100 } },
    );
    const ran = await run(fleet, { endedBy: "instance" });
    // One instance drains for 100 s; three jobs need three instances besides it.
    expect(ran.set).toEqual([{ group: "web", from: 2, to: 4 }]);
    expect(countInterruptions(fleet)).toBe(0);
  });

  test("that the instance fails to end is ended by the loop, after two looks (F12, F13)", async () => {
    const fleet = createFleet([], { desired: 1 }, { endsItself: { failures: 1 } });
    const ran = await run(fleet, { endedBy: "instance" }, 6);
    expect(listPolls(ran, /ending .*: two looks found its agent dead/)).toHaveLength(1);
    expect(ran.terminated).toMatchObject([{ decrement: true }]);
    expect(fleet.groupFacts("web")).toMatchObject({ desired: 0, inService: 0 });
  });
});

describe("an agent that dies while its instance lives", () => {
  test("is found by two looks, and the instance is replaced (F11, F15)", async () => {
    const fleet = createFleet([createJob(0, 900), createJob(0, 900)], { desired: 2 });
    fleet.advanceTo(START_MS);
    const [dead] = fleet.inServiceIds("web");
    fleet.killAgent(dead ?? "");
    const ran = await run(fleet, {}, 6);
    expect(ran.terminated).toMatchObject([{ instance: dead }]);
    expect(listPolls(ran, /ending .*: two looks found its agent dead/)).toHaveLength(1);
    expect(listLiveInstances(fleet, "web").map(({ id }) => id)).not.toContain(dead);
  });

  test("is left alone while SSM is silent (F7, F8)", async () => {
    const fleet = createFleet(
      [createJob(0, 900)],
      { desired: 1 },
      { commands: { silentInstances: 1 } },
    );
    fleet.advanceTo(START_MS);
    fleet.killAgent(fleet.inServiceIds("web")[0] ?? "");
    const ran = await run(fleet, {}, 3);
    expect(ran.terminated).toEqual([]);
  });
});

describe("a quiet poll of a graceful group", () => {
  test("makes the same calls, passes the same states and has the same results as without the mode", async () => {
    const createBusyFleet = () =>
      createFleet(
        [0, 0, 0].map((seconds) => createJob(seconds, 3600)),
        { desired: 3 },
      );
    const observe = ({ outcomes, calls }: FleetRun) => ({
      calls: calls.map(({ action, subject }) => `${action} ${subject}`),
      states: outcomes.flatMap(({ history }) => listStatesEntered(history)),
      facts: outcomes.flatMap(({ history }) =>
        readOutputs("Fetch metrics", history).map((state) => Object(state).observation),
      ),
      polls: outcomes.flatMap(({ history }) => readAnswers("Compute capacity", history)),
    });
    const graceful = observe(await run(createBusyFleet()));
    const plain = observe(await run(createBusyFleet(), { graceful: false }));
    expect(graceful.polls).toHaveLength(18); // 180 s / 10 s
    expect(graceful).toEqual(plain);
  });
});
