import { describe, expect, test } from "vitest";
import type { StopRecord } from "../../../../functions/core/facts.ts";
import { parseInstanceAnswer } from "../../../../functions/core/graceful/parse-answer.ts";
import { NOW, secondsAgo } from "../../../support/facts.ts";
import {
  createAnswer,
  IDS,
  IN_SURPLUS,
  pollGroup,
  TWO_JOBS,
} from "../../../support/graceful-poll.ts";

/**
 * What the reference's Elastic CI mode does wrong, and what a poll decides here. The numbers are those of
 * the design; test/loop/graceful-flow.test.ts has the faults that take a whole loop.
 */

const looked = { ...IN_SURPLUS, looks: [{ command: "c-1", at: NOW, instances: 4 }] };
const allIdle = Object.fromEntries(IDS.map((id) => [id, createAnswer(0)]));

describe("unlike the reference, a poll", () => {
  test("never chooses an instance again that still drains (F3)", () => {
    const stop: StopRecord = { at: NOW, delivered: "pending" };
    const { plan } = pollGroup({
      memory: { ...looked, drainSince: NOW },
      group: { instances: IDS },
      answers: allIdle,
      stops: { "i-0a": stop },
      at: 10,
    });
    // 4 - 1 leaving = 3 usable, 2 needed: one more, and not i-0a.
    expect(plan?.stops).toMatchObject([{ instances: ["i-0b"] }]);
  });

  test.each(["", "Unit not found", '{"v":2}', '{"v":1,"state":"dead"}'])(
    "takes no odd output for a dead agent (F9): %j",
    (output) => {
      expect(parseInstanceAnswer(output, NOW)).toBeUndefined();
    },
  );

  test.each(["deactivating", "activating", "active"] as const)(
    "takes no agent for dead that is %s (F10, F14)",
    (state) => {
      const agents = { idle: 0, busy: 2, total: 2 };
      const { plan, memory } = pollGroup({
        queue: { ...TWO_JOBS, agents },
        memory: { shortageSince: secondsAgo(9000), ...looked },
        group: { instances: IDS },
        answers: { "i-0a": createAnswer(0, { state, inactiveAtSeconds: 1 }) },
        at: 10,
      });
      expect(plan).not.toHaveProperty("terminations");
      expect(memory).not.toHaveProperty("suspects");
    },
  );

  test("starts no cooldown before it stops an instance (F21)", () => {
    const entry = { scaleIn: { graceful: true, cooldown: "1h" } };
    const { memory } = pollGroup({ entry, memory: IN_SURPLUS, group: { instances: IDS } });
    expect(memory).not.toHaveProperty("lastScaleInAt");
  });

  test("stops no agents on Windows, and does not lower desired capacity for it (F23)", () => {
    const answers = Object.fromEntries(
      IDS.map((id) => [id, createAnswer(0, { platform: "windows" })]),
    );
    const { plan } = pollGroup({ memory: looked, group: { instances: IDS }, answers, at: 10 });
    expect(plan?.changes ?? []).toEqual([]);
    expect(plan).not.toHaveProperty("stops");
  });

  test("of a dry run looks at the real instances and says what it would do (F25)", () => {
    const entry = { scaleIn: { graceful: true }, dryRun: true };
    const memory = IN_SURPLUS;
    expect(pollGroup({ entry, memory, group: { instances: IDS } }).plan).toMatchObject({
      changes: [],
      looks: [{ instances: IDS }],
    });
  });

  test("looks at 120 instances at once, and waits for none of them (F17, F20)", () => {
    const ids = Array.from({ length: 120 }, (_, index) => `i-${index}`);
    const group = { desired: 120, instances: ids };
    const queue = { ...TWO_JOBS, agents: { idle: 118, busy: 2, total: 120 } };
    const { plan } = pollGroup({ memory: IN_SURPLUS, group, queue });
    expect(plan?.looks).toMatchObject([{ instances: ids }]);
  });
});
