import assert from "node:assert/strict";
import * as v from "valibot";
import { type BuildkiteEvent, createJobEvent } from "../../../local/sandbox/buildkite-events.ts";
import { listPolls, listVisits, startExecution, type Visit, waitForEnd } from "../execution.ts";
import type { Stage } from "../stage.ts";
import { readDesiredCapacities } from "../world.ts";
import { readListeningInput } from "./deployment.ts";
import { waitUntil } from "./loop.ts";

/** Checks of Buildkite's events: from the partner event bus through the rule and the queue to a poll. */

/** Two polls on the beat: at once, and ten seconds later. */
const SLOT_SECONDS = 20;

/** More than the way of an event takes here, and less than until the next beat. */
const EVENT_MILLISECONDS = 2500;

const answerSchema = v.object({ FailedEntryCount: v.literal(0) });

/** Sends an event as Buildkite does. */
async function sendEvent({ account }: Stage, event: BuildkiteEvent): Promise<void> {
  const { source, time, detail } = event;
  const entry = {
    Source: source,
    Time: Date.parse(time) / 1000,
    DetailType: event["detail-type"],
    Detail: JSON.stringify(detail),
  };
  const answer = await account.json("events", "AWSEvents.PutPartnerEvents", { Entries: [entry] });
  v.parse(answerSchema, answer);
}

/**
 * Checks that an event leads to a poll before the next beat, which scales out, and to another one after the
 * least gap. Of the events of a second, those of other queues and jobs that start lead to nothing.
 */
export async function checkEvent(stage: Stage): Promise<void> {
  const { world } = stage;
  const input = { ...(await readListeningInput(stage)), slotSeconds: SLOT_SECONDS };
  const arn = await startExecution(stage, input);
  const listens = ({ state }: Visit) => state === "Listen for jobs";
  await waitUntil(async () => (await listVisits(stage, arn)).some(listens));

  const before = await readDesiredCapacities(stage);
  world.setQueue("small", { scheduled: 9 });
  const scheduledMs = Date.now();
  const job = { queue: "small", scheduledMs };
  await sendEvent(stage, createJobEvent("Job Started", job));
  await sendEvent(stage, createJobEvent("Job Scheduled", { ...job, queue: "elsewhere" }));
  for (let copy = 0; copy < 10; copy += 1)
    await sendEvent(stage, createJobEvent("Job Scheduled", job));

  const { status, visits } = await waitForEnd(stage, arn);
  assert.equal(status, "SUCCEEDED");
  const acknowledged = visits.filter(({ state }) => state === "Acknowledge event");
  assert.equal(acknowledged.length, 1, "messages that led to a poll");
  const polls = listPolls(visits);
  const [woken] = polls.filter(({ askedMs }) => askedMs > scheduledMs);
  const tookMs = (woken?.askedMs ?? Number.NaN) - scheduledMs;
  assert.ok(tookMs < EVENT_MILLISECONDS, `the poll came ${tookMs} ms after the event`);
  assert.equal(polls.length, 4, "two on the beat, one of the event and one after it");
  const moved = woken?.decisions.filter(({ action }) => action !== "none");
  assert.deepEqual(
    moved?.map(({ scaler, to }) => ({ scaler, to })),
    [{ scaler: "small", to: 9 }],
  );
  assert.deepEqual(await readDesiredCapacities(stage), { ...before, small: 9 });
}

/** Checks that an execution may not listen to the queue of another loop. */
export async function checkForeignQueue(stage: Stage): Promise<void> {
  const input = { ...(await readListeningInput(stage)), name: "somebody-else", slotSeconds: 0 };
  const { error, cause } = await waitForEnd(stage, await startExecution(stage, input));
  assert.equal(error, "InvalidInput");
  assert.match(cause ?? "", /allowed: the loop's own queue/);
}
