import { printHeading, printTable } from "../scripts/bench/print.ts";
import { countLoggedBytes, cutIntoPolls, type HistoryEvent } from "./engine/history.ts";
import type { MeasuredLoop } from "./measured-loop.ts";

const SIZES = [1, 20, 100] as const;

/** Aims for a quiet poll, in KB of 1,024 bytes. */
const AIMS: Readonly<Record<(typeof SIZES)[number], number>> = { 1: 8, 20: 40, 100: 180 };

/** What one poll costs besides time. */
export interface PollCost {
  /** Requests to AWS and to Buildkite. */
  calls: number;
  events: number;
  bytes: number;
}

/** (c) and (d): calls and logged bytes of a poll. */
export async function benchCosts(loopOf: (scalers: number) => MeasuredLoop): Promise<void> {
  const rows: string[][] = [];
  for (const scalers of SIZES) {
    const quiet = await measureQuietPoll(loopOf(scalers));
    const scaling = await measureScalingPoll(loopOf(scalers));
    rows.push([
      String(scalers),
      String(quiet.calls),
      String(scaling.calls),
      `${quiet.events} / ${kilobytes(quiet.bytes)}`,
      `${AIMS[scalers]} KB`,
      `${scaling.events} / ${kilobytes(scaling.bytes)}`,
    ]);
  }
  printHeading(
    "c, d  What one poll costs: calls, and events and KB (1,024 bytes) that Express logs",
    "a scaling poll is the dearest there is: every group is scaled out at once",
  );
  printTable(["scalers", "calls quiet", "calls scaling", "log quiet", "aim", "log scaling"], rows);
}

/** Not the first one of a loop, which also reads the token. */
export async function measureQuietPoll(loop: MeasuredLoop): Promise<PollCost> {
  loop.setDesired(2);
  loop.setJobs(6);
  return await thirdPoll(loop, () => {});
}

/** The dearest there is: every group is scaled out at once. */
export async function measureScalingPoll(loop: MeasuredLoop): Promise<PollCost> {
  loop.setDesired(2);
  loop.setJobs(6);
  return await thirdPoll(loop, () => loop.setJobs(50));
}

/** A quiet poll that publishes its metrics too. */
export async function measurePublishingPoll(loop: MeasuredLoop): Promise<PollCost> {
  loop.setDesired(2);
  loop.setJobs(6);
  loop.publish();
  return await thirdPoll(loop, () => {});
}

/** Runs four polls, and looks at the third, before which something may change. */
async function thirdPoll(loop: MeasuredLoop, before: () => void): Promise<PollCost> {
  let waits = 0;
  const { history } = await loop.run(4, ({ type, details }) => {
    if (type !== "WaitStateEntered" || details.name !== "Wait for next poll") return;
    waits += 1;
    if (waits === 2) before();
  });
  const [, , events = [], next = []] = cutIntoPolls(history);
  return { calls: callsDuring(loop, events, next), events: events.length, bytes: bytesOf(events) };
}

function callsDuring({ sandbox }: MeasuredLoop, ...polls: HistoryEvent[][]): number {
  const [fromMs = 0, toMs = 0] = polls.map(([first]) => Number(first?.event_timestamp));
  return sandbox.calls.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
}

function bytesOf(events: readonly HistoryEvent[]): number {
  return events.reduce((sum, event) => sum + countLoggedBytes(event), 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
