import { type HistoryEvent, loggedBytes, polls } from "../history.ts";
import type { BenchLoop } from "./bench-loop.ts";
import { heading, table } from "./print.ts";

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
export async function benchCosts(loopOf: (scalers: number) => BenchLoop): Promise<void> {
  const rows: string[][] = [];
  for (const scalers of SIZES) {
    const quiet = await quietPoll(loopOf(scalers));
    const scaling = await scalingPoll(loopOf(scalers));
    rows.push([
      String(scalers),
      String(quiet.calls),
      String(scaling.calls),
      `${quiet.events} / ${kilobytes(quiet.bytes)}`,
      `${AIMS[scalers]} KB`,
      `${scaling.events} / ${kilobytes(scaling.bytes)}`,
    ]);
  }
  heading(
    "c, d  What one poll costs: calls, and events and KB (1,024 bytes) that Express logs",
    "a scaling poll is the dearest there is: every group is scaled out at once",
  );
  table(["scalers", "calls quiet", "calls scaling", "log quiet", "aim", "log scaling"], rows);
}

/** The second poll of a loop: the first one also reads the token and the history. */
export async function quietPoll(loop: BenchLoop): Promise<PollCost> {
  loop.setDesired(2);
  loop.setJobs(6);
  return await secondPoll(loop, () => {});
}

async function scalingPoll(loop: BenchLoop): Promise<PollCost> {
  loop.setDesired(2);
  loop.setJobs(6);
  return await secondPoll(loop, () => loop.setJobs(50));
}

/** Runs three polls, with a change before the second, which is neither the first nor the last. */
async function secondPoll(loop: BenchLoop, before: () => void): Promise<PollCost> {
  const { sandbox } = loop;
  let calls = 0;
  const running = loop.run(3);
  setTimeout(() => {
    calls = -sandbox.calls.length;
    before();
  }, BETWEEN_POLLS_MS);
  setTimeout(() => {
    calls += sandbox.calls.length;
  }, BETWEEN_POLLS_MS + POLL_INTERVAL_MS);
  const { history } = await running;
  const events = polls(history)[1] ?? [];
  return { calls, events: events.length, bytes: bytesOf(events) };
}

const POLL_INTERVAL_MS = 1000;
const BETWEEN_POLLS_MS = 600;

function bytesOf(events: readonly HistoryEvent[]): number {
  return events.reduce((sum, event) => sum + loggedBytes(event), 0);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
