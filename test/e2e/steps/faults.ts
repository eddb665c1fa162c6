import assert from "node:assert/strict";
import * as v from "valibot";
import { listPolls, runToEnd } from "../execution.ts";
import { PREFIX, type Stage } from "../stage.ts";
import { CLUSTER, loopInput, putToken, readDesiredCapacities } from "../world.ts";

/** Checks of invalid input and of a wrong token. */

/** Checks that an invalid time is refused with field, value and allowed value, before any call. */
export async function checkInvalidTime(stage: Stage): Promise<void> {
  const callsBefore = stage.sandbox.calls.length;
  const scheduledAt = "<aws.scheduler.scheduled-time>";
  const { status, error, cause, visits } = await runToEnd(stage, {
    ...loopInput(stage),
    scheduledAt,
  });
  assert.equal(status, "FAILED");
  assert.equal(error, "InvalidInput");
  assert.match(cause ?? "", /scheduledAt.*<aws\.scheduler\.scheduled-time>.*2026-01-05T09:00:00Z/);
  assert.deepEqual(
    visits.map(({ state }) => state),
    ["Settings", "Claim slot", "Input refused"],
  );
  assert.equal(stage.sandbox.calls.length, callsBefore);
}

/** Checks that every group is held, and a metric reports it, if Buildkite refuses the token. */
export async function checkWrongToken(stage: Stage): Promise<void> {
  stage.buildkite.token = "bkct_second-token-of-the-sandbox";
  stage.world.setQueue("large", { scheduled: 40 });
  const before = await readDesiredCapacities(stage);
  const startedMs = Date.now();
  const { status, visits } = await runToEnd(stage, { ...loopInput(stage), slotSeconds: 0 });
  assert.equal(status, "SUCCEEDED");
  const [poll] = listPolls(visits);
  assert.deepEqual(
    poll?.decisions.map(({ scaler, action, fault }) => ({ scaler, action, fault })),
    Object.keys(before).map((scaler) => ({
      scaler,
      action: "none",
      fault: "BuildkiteUnauthorized",
    })),
  );
  assert.deepEqual(await readDesiredCapacities(stage), before);
  await assertAlarmMetric(stage, startedMs);
}

/** Checks that the next execution uses a new token without a deploy. 40 jobs / 4 agents = 10. */
export async function checkNewToken(stage: Stage): Promise<void> {
  await putToken(stage);
  const { visits } = await runToEnd(stage, { ...loopInput(stage), slotSeconds: 0 });
  assert.deepEqual(
    listPolls(visits)[0]?.decisions.filter(({ fault }) => fault !== undefined),
    [],
  );
  assert.equal((await readDesiredCapacities(stage)).large, 10);
}

const logPageSchema = v.object({ events: v.array(v.object({ message: v.string() })) });

/** A line in CloudWatch's embedded metric format. */
const heldPollsSchema = v.object({
  _aws: v.object({
    CloudWatchMetrics: v.tuple([
      v.object({
        Namespace: v.string(),
        Dimensions: v.array(v.array(v.string())),
        Metrics: v.array(v.object({ Name: v.string(), Unit: v.string() })),
      }),
    ]),
  }),
  Loop: v.string(),
  HeldPolls: v.number(),
});

const alarmsSchema = v.object({
  MetricAlarms: v.tuple([
    v.object({
      Namespace: v.string(),
      MetricName: v.string(),
      Dimensions: v.array(v.object({ Name: v.string(), Value: v.string() })),
    }),
  ]),
});

/** Checks that the deployed alarm watches the metric in the function's log. */
async function assertAlarmMetric({ account }: Stage, startTime: number): Promise<void> {
  const log = { logGroupName: `/aws/lambda/${PREFIX}-compute-capacity`, startTime };
  const answer = await account.json("logs", "Logs_20140328.FilterLogEvents", log);
  const lines = v
    .parse(logPageSchema, answer)
    .events.filter(({ message }) => message.includes("_aws"));
  assert.equal(lines.length, 1);
  const metric = v.parse(heldPollsSchema, JSON.parse(lines[0]?.message ?? "null"));
  assert.deepEqual(metric, {
    _aws: {
      CloudWatchMetrics: [
        {
          Namespace: "Buildkite",
          Dimensions: [["Loop"]],
          Metrics: [{ Name: "HeldPolls", Unit: "Count" }],
        },
      ],
    },
    Loop: CLUSTER,
    HeldPolls: 1,
  });
  const AlarmNames = [`${PREFIX}-held-polls.${CLUSTER}`];
  const target = "GraniteServiceVersion20100801.DescribeAlarms";
  const alarms = v.parse(alarmsSchema, await account.json("monitoring", target, { AlarmNames }));
  assert.deepEqual(alarms.MetricAlarms[0], {
    Namespace: "Buildkite",
    MetricName: "HeldPolls",
    Dimensions: [{ Name: "Loop", Value: CLUSTER }],
  });
}
