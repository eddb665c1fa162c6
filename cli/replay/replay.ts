import { HANDLERS } from "../../local/engine/handlers.ts";
import type { History } from "../../local/engine/history.ts";
import { isDifferent, isReworded } from "./decision-pairs.ts";
import {
  type EntriesByName,
  listRecordedNames,
  parseRecordedInput,
  selectKnownScalers,
} from "./recorded-input.ts";
import { type RecordedCall, readRecordedExecution } from "./recorded-polls.ts";
import { type ReplayedPoll, replayPoll } from "./replay-poll.ts";

/** The result of a replay. */
export interface Replay {
  executions: ReplayedExecution[];
  /** Sums over all executions. */
  totals: {
    polls: number;
    decisions: number;
    /** Decisions with a different effect, and polls that Compute capacity refuses. */
    differing: number;
    /** Decisions that differ only in their reasons. */
    reworded: number;
    /** Polls that cannot be replayed. */
    lost: number;
  };
  /** Recorded scalers that the other settings do not have. */
  dropped: string[];
  /** Scalers of the other settings that were not recorded. */
  added: string[];
  /** Scalers of the other settings whose group or queues were not recorded. */
  unanswerable: string[];
  /** Whether other settings than the recorded ones were used. */
  othersSettings: boolean;
}

/** One replayed execution. */
export interface ReplayedExecution {
  arn: string;
  polls: ReplayedPoll[];
  /** Number of polls that cannot be replayed. */
  lost: number;
  /** What is missing or truncated, a sentence each. */
  gaps: string[];
}

/**
 * Repeats every recorded poll of some histories, each independently of the others. If `entries` are
 * given, they replace the recorded settings.
 */
export async function replay(
  histories: readonly History[],
  entries: EntriesByName | undefined,
): Promise<Replay> {
  const recordings = histories.map(readRecordedExecution);
  const executions: ReplayedExecution[] = [];
  for (const { arn, calls, lost, gaps } of recordings) {
    executions.push({ arn, polls: await replayPolls(calls, entries), lost, gaps });
  }
  const calls = recordings.flatMap((recording) => recording.calls);
  return {
    executions,
    totals: sumTotals(executions),
    ...compareScalers(calls, entries),
    othersSettings: entries !== undefined,
  };
}

async function replayPolls(
  calls: readonly RecordedCall[],
  entries: EntriesByName | undefined,
): Promise<ReplayedPoll[]> {
  const polls: ReplayedPoll[] = [];
  for (const call of calls) {
    polls.push(await replayPoll(call, HANDLERS["Compute capacity"], entries));
  }
  return polls;
}

function compareScalers(
  calls: readonly RecordedCall[],
  entries: EntriesByName | undefined,
): Pick<Replay, "dropped" | "added" | "unanswerable"> {
  if (entries === undefined) return { dropped: [], added: [], unanswerable: [] };
  const inputs = calls.flatMap(({ input }) => parseRecordedInput(input) ?? []);
  const recorded = new Set(inputs.flatMap(listRecordedNames));
  const known = new Set(inputs.flatMap((input) => [...selectKnownScalers(input, entries).keys()]));
  const names = [...entries.keys()];
  return {
    dropped: [...recorded].filter((name) => !entries.has(name)),
    added: names.filter((name) => !recorded.has(name)),
    unanswerable: names.filter((name) => recorded.has(name) && !known.has(name)),
  };
}

function sumTotals(executions: readonly ReplayedExecution[]): Replay["totals"] {
  const polls = executions.flatMap((execution) => execution.polls);
  const decisions = polls.flatMap((poll) => poll.decisions);
  return {
    polls: polls.length,
    decisions: decisions.length,
    differing: decisions.filter(isDifferent).length + polls.filter(({ refused }) => refused).length,
    reworded: decisions.filter(isReworded).length,
    lost: executions.reduce((sum, { lost }) => sum + lost, 0),
  };
}
