import { countLoggedBytes, cutIntoPolls, type HistoryEvent } from "../engine/history.ts";
import type { MeasuredLoop } from "./measured-loop.ts";

/** The figures of one poll. */
export interface PollFigures {
  /** Requests to AWS and to Buildkite. */
  calls: number;
  /** Events in the execution's history. */
  events: number;
  /** Bytes that Express logs. */
  bytes: number;
}

/** Measures a poll that changes nothing. */
export async function measureQuietPoll(loop: MeasuredLoop): Promise<PollFigures> {
  return await measureThirdPoll(loop, () => {});
}

/** Measures a poll that scales out every group: the most expensive kind. */
export async function measureScalingPoll(loop: MeasuredLoop): Promise<PollFigures> {
  return await measureThirdPoll(loop, () => loop.setJobs(50));
}

/** Measures a poll that changes nothing and publishes metrics. */
export async function measurePublishingPoll(loop: MeasuredLoop): Promise<PollFigures> {
  loop.publish();
  return await measureThirdPoll(loop, () => {});
}

/** Measures a poll that changes nothing, after which the loop listens for events and hears none. */
export async function measureListeningPoll(loop: MeasuredLoop): Promise<PollFigures> {
  loop.listen();
  return await measureThirdPoll(loop, () => {});
}

/** Measures the bytes that an execution logs before its first poll, and its end. */
export async function measureOpeningBytes(loop: MeasuredLoop): Promise<number> {
  const { history } = await loop.run(0);
  const pollEvents = cutIntoPolls(history).reduce((count, poll) => count + poll.length, 0);
  const opening = history.slice(0, history.length - pollEvents);
  return [...opening, ...history.slice(-1)].reduce(
    (sum, event) => sum + countLoggedBytes(event),
    0,
  );
}

/** Enough for four polls of a second each on a machine that misses many of their beats. */
const SLOT_SECONDS = 120;

/**
 * Runs three polls and measures the third. The first one also reads the token; before the third one,
 * `change` changes the world. The fourth one ends the run: a slot of four beats would have fewer polls if
 * the machine is busy.
 */
async function measureThirdPoll(loop: MeasuredLoop, change: () => void): Promise<PollFigures> {
  loop.setDesired(2);
  loop.setJobs(6);
  const end = new AbortController();
  let waits = 0;
  const onEvent = ({ type, details }: HistoryEvent) => {
    if (type === "TaskStateEntered" && waits === 3) end.abort();
    if (type !== "WaitStateEntered" || details.name !== "Wait for next poll") return;
    waits += 1;
    if (waits === 2) change();
  };
  const { history } = await loop.run(SLOT_SECONDS, onEvent, end.signal);
  const [, , third = [], fourth = []] = cutIntoPolls(history);
  return {
    calls: countCalls(loop, third, fourth),
    events: third.length,
    bytes: third.reduce((sum, event) => sum + countLoggedBytes(event), 0),
  };
}

/** Counts the requests from the start of one poll to the start of the next. */
function countCalls({ sandbox }: MeasuredLoop, ...polls: HistoryEvent[][]): number {
  const [fromMs = 0, toMs = 0] = polls.map(([first]) => Number(first?.event_timestamp));
  return sandbox.calls.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
}
