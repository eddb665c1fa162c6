import { afterAll, expect, test } from "vitest";
import type { InjectedFault } from "../../local/sandbox/faults.ts";
import { sandbox, world } from "../support/sandbox.ts";
import { countSecretReads, listRequests, readApplied, run } from "../support/sandboxed-loop.ts";
import { listPollTimes, listTimes, readOutputs } from "../support/times.ts";

afterAll(() => expect(countSecretReads()).toEqual([]));

/** Metrics are due in the poll of :53, the last poll of the minute. */
const START = { at: "09:00:43", input: { slotSeconds: 40 } };
const ON_THE_BEAT = ["09:00:43", "09:00:53", "09:01:03", "09:01:13"];

const busy = (jobs: number) => () => world.setQueue("default", { running: jobs, busy: jobs });

/** There is a change in the poll that publishes, and in the next poll. */
const MORE_JOBS = { "09:00:50": busy(2), "09:01:00": busy(3) };

test("the metrics of one poll per minute are published, after the changes", async () => {
  world.setGroup("web", { desired: 1 });
  busy(1)();
  const outcome = await run(START, MORE_JOBS);
  expect(listRequests("PutMetricData").map((asked) => asked.slice(0, 8))).toEqual(["09:00:53"]);
  const actions = sandbox.calls.map(({ action }) => action);
  expect(actions.indexOf("PutMetricData")).toBeGreaterThan(actions.indexOf("SetDesiredCapacity"));
  const published = { data: sandbox.published.length, calls: 1 };
  expect(readOutputs("Publish metrics", outcome.history)).toMatchObject([{ published }]);
  expect(sandbox.published.length).toBeGreaterThan(4); // Four of the queue, and those of the scaler.
});

const FAULTS: [name: string, fault: InjectedFault, error: string][] = [
  ["throttled", { awsError: "ThrottlingException" }, "CloudWatchThrottled"],
  ["denied", { awsError: "AccessDeniedException", status: 403 }, "CloudWatchAccessDenied"],
  ["failing", { awsError: "InternalServiceFault", status: 500 }, "CloudWatchUnavailable"],
  ["a connection reset", "reset", "CloudWatchUnavailable"],
  ["hanging", "hang", "CloudWatchUnavailable"],
];

test.each(FAULTS)(
  "CloudWatch %s is caught and named, and delays or changes no scaling",
  async (_, fault, error) => {
    world.setGroup("web", { desired: 1 });
    busy(1)();
    sandbox.faults.add({ service: "CloudWatch", fault });
    const outcome = await run(START, MORE_JOBS);
    expect(outcome.status).toBe("SUCCEEDED");
    expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
    const [state, ...others] = readOutputs("Publish metrics", outcome.history);
    expect(state).toMatchObject({ fault: { Error: error } });
    expect(state).not.toHaveProperty("published");
    expect(others).toEqual([]);
    expect(readApplied(outcome)).toEqual([{ web: { set: 2 } }, { web: { set: 3 } }]);
    expect(listRequests("SetDesiredCapacity")).toEqual(["09:00:53 web", "09:01:03 web"]);
    expect(world.commands).toEqual([
      { group: "web", desired: 2 },
      { group: "web", desired: 3 },
    ]);
  },
);

test("a hanging call to CloudWatch is abandoned when the next poll is due", async () => {
  world.setGroup("web", { desired: 1 });
  busy(1)();
  sandbox.faults.add({ service: "CloudWatch", fault: "hang" });
  const outcome = await run({ ...START, pollIntervalSeconds: 2 }, { "09:00:50": busy(2) });
  // The poll of 09:00:59 publishes: the next beat is in the next minute.
  expect(listPollTimes(outcome)).toEqual(listTimes(2, "09:00:43", "09:01:21"));
  const given = { fault: { Error: "PublishingGivenUp" } };
  expect(readOutputs("Publish metrics", outcome.history)).toMatchObject([given]);
  expect(world.commands).toEqual([{ group: "web", desired: 2 }]);
});

test("a loop without publishMetrics makes no call to CloudWatch", async () => {
  world.setGroup("web", { desired: 1 });
  busy(1)();
  const outcome = await run({ ...START, input: { slotSeconds: 40, publishMetrics: false } });
  expect(listPollTimes(outcome)).toEqual(ON_THE_BEAT);
  expect(listRequests("PutMetricData")).toEqual([]);
});
