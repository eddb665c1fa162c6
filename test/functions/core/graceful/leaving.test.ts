import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InstanceAnswer, Observation, StopRecord } from "../../../../functions/core/facts.ts";
import {
  countLeavingJobs,
  type Drain,
  describeLeaving,
  findLeaving,
  NOTHING_LEAVES,
} from "../../../../functions/core/graceful/leaving.ts";
import type { ScalerMemory } from "../../../../functions/core/memory.ts";
import { NOW, secondsAgo } from "../../../support/facts.ts";

const ID = "i-0a";

function answer(seconds: number, rest: Partial<InstanceAnswer>): InstanceAnswer {
  const at = secondsAgo(seconds);
  const usual = { platform: "linux", state: "deactivating", jobs: 0 } as const;
  return { at, ...usual, uptimeSeconds: 9000, bootId: "boot-1", ...rest };
}

function stopAnswer(rest: Partial<NonNullable<StopRecord["answer"]>>): StopRecord["answer"] {
  return { state: "deactivating", jobs: 0, stopped: true, ...rest };
}

interface Case {
  that: string;
  memory?: ScalerMemory;
  stop?: StopRecord;
  look?: InstanceAnswer;
  /** SSM could not be read. */
  isBlind?: true;
  leaves: boolean;
  jobs?: number;
}

function leave({ memory = {}, stop, look, isBlind }: Case) {
  const observation: Observation = {
    observedAt: NOW,
    ...(isBlind ? {} : { stops: stop === undefined ? {} : { [ID]: stop } }),
    answers: look === undefined ? {} : { [ID]: look },
  };
  return findLeaving([ID], memory, observation);
}

describe("an instance", () => {
  test.each<Case>([
    { that: "that nobody told to stop stays", leaves: false },
    {
      that: "leaves as soon as its stop is planned",
      memory: { stopping: { at: secondsAgo(10), instances: [ID] } },
      leaves: true,
    },
    {
      that: "leaves while its stop is on its way",
      stop: { at: secondsAgo(10), delivered: "pending" },
      leaves: true,
    },
    {
      that: "leaves once it has confirmed its stop",
      stop: { at: secondsAgo(30), delivered: "yes", answer: stopAnswer({ stopped: true }) },
      leaves: true,
      jobs: 0,
    },
    {
      that: "stays if it had a job by then",
      stop: {
        at: secondsAgo(30),
        delivered: "yes",
        answer: stopAnswer({ state: "active", jobs: 1, stopped: false }),
      },
      leaves: false,
    },
    {
      that: "stays if SSM did not deliver its stop",
      stop: { at: secondsAgo(40), delivered: "no" },
      leaves: false,
    },
    {
      that: "stays if its stop was never sent, which SSM's record shows after 30 s",
      memory: { stopping: { at: secondsAgo(31), instances: [ID] } },
      leaves: false,
    },
    {
      that: "stays if a later look finds its agents active",
      stop: { at: secondsAgo(300), delivered: "yes", answer: stopAnswer({ stopped: true }) },
      look: answer(20, { state: "active", jobs: 1 }),
      leaves: false,
    },
    {
      that: "leaves although a look from before its stop found it active",
      stop: { at: secondsAgo(10), delivered: "pending" },
      look: answer(20, { state: "active" }),
      leaves: true,
    },
    {
      that: "leaves with the jobs that its latest answer shows",
      stop: {
        at: secondsAgo(100),
        delivered: "yes",
        answer: stopAnswer({ jobs: 3, stopped: true }),
      },
      look: answer(20, { jobs: 2 }),
      leaves: true,
      jobs: 2,
    },
    {
      that: "leaves with an unknown number of jobs if its latest answer is older than 150 s",
      stop: {
        at: secondsAgo(151),
        delivered: "yes",
        answer: stopAnswer({ jobs: 3, stopped: true }),
      },
      leaves: true,
    },
    {
      that: "leaves without an answer for almost an hour",
      stop: { at: secondsAgo(3599), delivered: "pending" },
      leaves: true,
    },
    {
      that: "leaves for hours if it has answered",
      stop: { at: secondsAgo(9999), delivered: "yes", answer: stopAnswer({ stopped: true }) },
      look: answer(30, { jobs: 1 }),
      leaves: true,
      jobs: 1,
    },
    {
      that: "still leaves if SSM cannot be read",
      memory: { drains: { [ID]: { at: secondsAgo(60), jobs: 2, jobsAt: secondsAgo(60) } } },
      isBlind: true,
      leaves: true,
      jobs: 2,
    },
  ])("$that", (each) => {
    const leaving = leave(each);
    expect([...leaving.drains.keys()]).toEqual(each.leaves ? [ID] : []);
    expect(leaving.drains.get(ID)?.jobs).toBe(each.jobs);
    expect(leaving.silent).toEqual([]);
  });

  test("that has not answered for an hour stops counting and is reported", () => {
    const stop: StopRecord = { at: secondsAgo(3600), delivered: "pending" };
    const leaving = leave({ that: "", stop, leaves: false });
    expect([...leaving.drains.keys()]).toEqual([]);
    expect(leaving.silent).toEqual([ID]);
  });

  test("that is no longer in service has left", () => {
    const stop: StopRecord = { at: secondsAgo(10), delivered: "yes" };
    const leaving = findLeaving([], {}, { observedAt: NOW, stops: { [ID]: stop } });
    expect(leaving.drains.size).toBe(0);
  });
});

describe("a planned stop that SSM does not have on record", () => {
  const leavesAfter = (seconds: number, stops: Observation["stops"]) => {
    const memory = { stopping: { at: secondsAgo(seconds), instances: [ID] } };
    return findLeaving([ID], memory, { observedAt: NOW, ...(stops && { stops }) }).drains.has(ID);
  };

  test("counts for 30 s, which SSM may take to record it", () => {
    expect([leavesAfter(30, {}), leavesAfter(31, {})]).toEqual([true, false]);
  });

  test("goes on counting while SSM's record cannot be read", () => {
    expect(leavesAfter(31, undefined)).toBe(true);
  });
});

describe("an hour after its stop, an instance that is silent now", () => {
  const stop = { at: secondsAgo(3700), delivered: "yes" } as const;
  const observe = (record: StopRecord): Observation => ({
    observedAt: NOW,
    stops: { [ID]: record },
  });

  test("still leaves if it has confirmed the stop", () => {
    const { drains, silent } = findLeaving([ID], {}, observe({ ...stop, answer: stopAnswer({}) }));
    expect([drains.size, silent]).toEqual([1, []]);
  });

  test("still leaves if a look has found its jobs since", () => {
    const known = { at: secondsAgo(100), jobs: 1, jobsAt: secondsAgo(100) };
    const { drains, silent } = findLeaving([ID], { drains: { [ID]: known } }, observe(stop));
    expect([drains.get(ID)?.jobs, silent]).toEqual([1, []]);
  });

  test("counts as capacity again if it never answered", () => {
    const { drains, silent } = findLeaving([ID], {}, observe(stop));
    expect([drains.size, silent]).toEqual([0, [ID]]);
  });
});

test("the jobs of leaving instances are added up, and an unknown number counts as none", () => {
  const stops = Object.fromEntries(
    [2, 0, 3].map((jobs, index): [string, StopRecord] => [
      `i-${index}`,
      { at: secondsAgo(9), delivered: "yes", answer: stopAnswer({ jobs, stopped: true }) },
    ]),
  );
  const silent: StopRecord = { at: secondsAgo(9), delivered: "pending" };
  const observation = { observedAt: NOW, stops: { ...stops, "i-9": silent } };
  const leaving = findLeaving(["i-0", "i-1", "i-2", "i-9"], {}, observation);
  expect(countLeavingJobs(leaving)).toBe(5);
});

test("a silent SSM never makes an instance leave, and never takes one back within the hour", () => {
  const memories = fc.record({ seconds: fc.nat(3599), planned: fc.boolean() });
  fc.assert(
    fc.property(memories, ({ seconds, planned }) => {
      const drains = { [ID]: { at: secondsAgo(seconds) } };
      const memory: ScalerMemory = planned ? { drains } : {};
      const leaving = findLeaving([ID], memory, { observedAt: NOW });
      expect(leaving.drains.has(ID)).toBe(planned);
    }),
  );
});

describe("the reasons about instances that leave", () => {
  const leavingSince = (seconds: number, jobs?: number): Drain => ({
    since: secondsAgo(seconds),
    isConfirmed: true,
    ...(jobs === undefined ? {} : { jobs }),
  });
  const describeDrains = (...drains: Drain[]) =>
    describeLeaving(
      { drains: new Map(drains.map((drain, index) => [`i-${index}`, drain])), silent: [] },
      NOW,
    );

  test("say how many drain, how many jobs are left, and for how long the oldest has drained", () => {
    const drains = [leavingSince(20, 1), leavingSince(90, 2), leavingSince(60)];
    expect(describeDrains(...drains)).toEqual(["waiting for 3 draining: 3 jobs left, 1m30s"]);
  });

  test("say nothing about jobs if none is left, and have no negative age", () => {
    expect(describeDrains(leavingSince(-1, 0))).toEqual(["waiting for 1 draining: 0s"]);
  });

  test("name the instances that are silent for an hour", () => {
    expect(describeLeaving({ drains: new Map(), silent: ["i-0a", "i-0b"] }, NOW)).toEqual([
      "2 instances did not answer for an hour after a stop: i-0a, i-0b",
    ]);
  });

  test("are none if nothing leaves", () => {
    expect(describeLeaving(NOTHING_LEAVES, NOW)).toEqual([]);
  });
});
