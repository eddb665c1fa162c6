import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { handler } from "../../functions/claim-slot.ts";
import type { Loop } from "../../functions/core/beat.ts";
import { computePhaseSeconds } from "../../functions/core/slot.ts";
import { createContext, passThroughJson } from "../support/lambda.ts";

const INPUT = {
  name: "main",
  agentTokenParameter: "/buildkite/agent-token",
  scalers: [{ queue: "default", group: "my-asg", agentsPerInstance: 4 }],
};

const SETTINGS = { pollIntervalSeconds: 10, publishIntervalSeconds: 60 };

/** Calls the handler as Lambda does, at a time of day. */
function asked(time: string, input: unknown, loop?: Loop): Promise<Loop> {
  vi.setSystemTime(`2026-01-05T${time}Z`);
  const state = { settings: SETTINGS, memory: {}, ...(loop === undefined ? {} : { loop }) };
  return handler(passThroughJson({ execution: "abc", input, state }), createContext());
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("an execution that the schedule starts", () => {
  const scheduled = { ...INPUT, scheduledAt: "2026-01-05T09:00:00Z" };

  test("waits for its slot and polls until the slot's end", async () => {
    expect(await asked("09:00:03", scheduled)).toStrictEqual({
      nextPollAt: "2026-01-05T09:01:00Z",
      pollUntil: "2026-01-05T09:04:00Z",
    });
  });

  test("that is late polls at once, because its first beat has passed", async () => {
    expect(await asked("09:01:08.500", scheduled)).toMatchObject({
      nextPollAt: "2026-01-05T09:01:00Z",
      pollUntil: "2026-01-05T09:04:00Z",
    });
  });

  test("polls with the delay that belongs to its cluster's name", async () => {
    const { nextPollAt } = await asked("09:00:03", { ...scheduled, startupJitter: "9s" });
    expect(computePhaseSeconds("main", 9)).toBe(2); // FNV-1a of "main" is 0xea90e208; % 10
    expect(nextPollAt).toBe("2026-01-05T09:01:02Z"); // 02, 12, ... 52
  });

  test("publishes metrics if the cluster has publishMetrics", async () => {
    const { publishMetrics } = await asked("09:00:03", { ...scheduled, publishMetrics: true });
    expect(publishMetrics).toBe(true);
  });

  test("publishes all metrics of queues only if it publishes metrics", async () => {
    const all = { ...scheduled, allQueueMetrics: true };
    expect(await asked("09:00:03", all)).not.toHaveProperty("allQueueMetrics");
    const { allQueueMetrics } = await asked("09:00:03", { ...all, publishMetrics: true });
    expect(allQueueMetrics).toBe(true);
  });

  test("that starts after its slot does not poll", async () => {
    await expect(asked("09:04:00", scheduled)).rejects.toMatchObject({
      name: "SlotOver",
      message: "the slot of the loop scheduled for 2026-01-05T09:00:00Z has ended or has no beat",
    });
  });
});

describe("an execution that a person starts", () => {
  test("polls at once, for the length of one slot", async () => {
    expect(await asked("09:00:07.250", INPUT)).toMatchObject({
      nextPollAt: "2026-01-05T09:00:07Z",
      pollUntil: "2026-01-05T09:03:07Z",
    });
  });

  test("with a slot of 0 seconds polls exactly once", async () => {
    expect(await asked("09:00:07.250", { ...INPUT, slotSeconds: 0 })).toMatchObject({
      nextPollAt: "2026-01-05T09:00:07Z",
      pollUntil: "2026-01-05T09:01:07Z", // Its calls have a minute.
      once: true,
    });
  });
});

describe("an execution that claims its slot again after a failed poll", () => {
  const loop = {
    nextPollAt: "2026-01-05T09:00:50Z",
    pollUntil: "2026-01-05T09:04:50Z",
    publishMetrics: true,
  };

  test.each([
    { now: "09:00:53", next: "09:01:00" },
    { now: "09:01:00", next: "09:01:10" },
    { now: "09:02:34", next: "09:02:40" },
  ])("continues at its next beat: at $now, at $next", async ({ now, next }) => {
    expect(await asked(now, INPUT, loop)).toEqual({ ...loop, nextPollAt: `2026-01-05T${next}Z` });
  });

  test("ends if it polls only once", async () => {
    const once = { ...loop, once: true as const };
    await expect(asked("09:00:53", INPUT, once)).rejects.toMatchObject({ name: "SlotOver" });
  });

  test("ends with its slot", async () => {
    await expect(asked("09:04:40", INPUT, loop)).rejects.toMatchObject({
      name: "SlotOver",
      message: "the slot ended at 2026-01-05T09:04:50Z",
    });
    expect(await asked("09:04:39.999", INPUT, loop)).toMatchObject({
      nextPollAt: "2026-01-05T09:04:40Z",
    });
  });
});

describe("an invalid input is refused before anything is read or changed", () => {
  test("with every problem at once", async () => {
    const input = {
      name: "main",
      agentTokenParameter: "bkct_5ecre7",
      agent_endpoint: "x",
      scalers: [{}],
    };
    await expect(asked("09:00:00", input)).rejects.toMatchObject({
      name: "InvalidInput",
      message: [
        "input: agentTokenParameter: this value is not allowed; allowed: an SSM parameter's path (/buildkite/agent-token), its full ARN, or /aws/reference/secretsmanager/NAME",
        'input: "agent_endpoint" is not known here; did you mean "agentEndpoint"?',
        "scalers[0]: group: is missing",
        "scalers[0]: agentsPerInstance: is missing",
        "scalers[0]: queue: is missing; allowed: queue or queues",
      ].join("\n"),
    });
  });

  test("as InvalidScaler if only a scaler is invalid", async () => {
    const [scaler] = INPUT.scalers;
    const scaleIn = { graceful: false };
    const elastic = { ...INPUT, scalers: [{ ...scaler, elasticCiMode: true, scaleIn }] };
    await expect(asked("09:00:00", elastic)).rejects.toMatchObject({
      name: "InvalidScaler",
      message: expect.stringMatching(
        /^scalers\[0\] \(my-asg\): scaleIn.graceful: false is not allowed with elasticCiMode/,
      ),
    });
  });

  test("in the middle of a loop too", async () => {
    const loop = {
      nextPollAt: "2026-01-05T09:00:50Z",
      pollUntil: "2026-01-05T09:04:50Z",
      publishMetrics: true,
    };
    await expect(asked("09:01:00", {}, loop)).rejects.toMatchObject({ name: "InvalidInput" });
  });

  test.each([null, 5, []])("if it is %j", async (event) => {
    await expect(handler(passThroughJson(event), createContext())).rejects.toMatchObject({
      name: "InvalidInput",
    });
  });
});

describe("a loop with events", () => {
  const QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/stack-events-main-1.fifo";
  const input = { ...INPUT, events: { queueUrl: QUEUE } };

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("listens", async () => {
    expect(await asked("09:00:03", input)).toMatchObject({ events: {} });
    expect(await asked("09:00:03", INPUT)).not.toHaveProperty("events");
  });

  test("may name its own queue only", async () => {
    vi.stubEnv("EVENT_QUEUE_PREFIX", "stack-events-");
    expect(await asked("09:00:03", input)).toMatchObject({ events: {} });
    await expect(asked("09:00:03", { ...input, name: "other" })).rejects.toMatchObject({
      name: "InvalidInput",
      message: `input: events.queueUrl: "${QUEUE}" is not allowed; allowed: the loop's own queue stack-events-other-1.fifo`,
    });
  });

  test.each([
    "https://sqs.eu-west-1.amazonaws.com/123456789012/other-stack-events-main-1.fifo",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/stack-events-main-1.fifo.fifo",
  ])("may not name a queue whose name is longer: %s", async (queueUrl) => {
    vi.stubEnv("EVENT_QUEUE_PREFIX", "stack-events-");
    await expect(asked("09:00:03", { ...input, events: { queueUrl } })).rejects.toMatchObject({
      name: "InvalidInput",
    });
  });

  test.each(["main", "https://sqs.test/1/events", "https://sqs.test/1/a.fifo?b.fifo", ""])(
    "needs the URL of a FIFO queue, not %j",
    async (queueUrl) => {
      await expect(asked("09:00:03", { ...input, events: { queueUrl } })).rejects.toMatchObject({
        name: "InvalidInput",
        message: expect.stringContaining("allowed: the URL of an SQS FIFO queue"),
      });
    },
  );

  test("is refused with a poll interval of more than 20 s", async () => {
    vi.setSystemTime("2026-01-05T09:00:03Z");
    const state = { settings: { ...SETTINGS, pollIntervalSeconds: 21 }, memory: {} };
    const event = passThroughJson({ execution: "abc", input, state });
    await expect(handler(event, createContext())).rejects.toMatchObject({
      name: "InvalidInput",
      message: expect.stringContaining(
        "Settings: pollIntervalSeconds: 21 is not allowed with events",
      ),
    });
    const plain = passThroughJson({ execution: "abc", input: INPUT, state });
    await expect(handler(plain, createContext())).resolves.not.toHaveProperty("events");
  });

  test("keeps its beat after a poll off the beat that failed, and forgets its event", async () => {
    const loop = {
      nextPollAt: "2026-01-05T09:00:50Z",
      pollUntil: "2026-01-05T09:04:50Z",
      events: { heard: {}, scheduledJobs: 5 },
    };
    expect(await asked("09:00:44", input, loop)).toEqual({ ...loop, events: {} });
  });
});
