import { HANDLERS } from "../../local/engine/handlers.ts";
import type { History } from "../../local/engine/history.ts";
import {
  type EntriesByName,
  isDifferent,
  isReworded,
  parseRecordedInput,
  type ReplayedPoll,
  replayPoll,
  selectKnownScalers,
} from "./compare.ts";
import { readRecordedExecution } from "./recorded-polls.ts";

/** What came of a replay. */
export interface Replay {
  executions: ReplayedExecution[];
  /** Of all executions. */
  totals: {
    polls: number;
    decisions: number;
    differing: number;
    reworded: number;
    /** Polls that could not be replayed. */
    lost: number;
  };
  /** Scalers that were recorded, and that the settings to replay under do not have. */
  dropped: string[];
  /** Scalers of the settings that were not recorded. */
  added: string[];
  /** Scalers whose settings name a queue or a group of which nothing was recorded. */
  unanswerable: string[];
  /** Replayed under other settings than those of the record. */
  othersSettings: boolean;
}

/** One execution, decided again. */
export interface ReplayedExecution {
  arn: string;
  polls: ReplayedPoll[];
  lost: number;
  /** What is missing or cut, in words. */
  gaps: string[];
}

/** Decides every recorded poll of some histories again, each as if it were alone. */
export async function replay(
  histories: readonly History[],
  settings: EntriesByName | undefined,
): Promise<Replay> {
  const executions: ReplayedExecution[] = [];
  const recorded = new Set<string>();
  const answered = new Set<string>();
  for (const history of histories) {
    const { arn, calls, lost, gaps } = readRecordedExecution(history);
    const polls: ReplayedPoll[] = [];
    for (const call of calls) {
      const question = parseRecordedInput(call.input);
      for (const scaler of question?.scalers ?? []) recorded.add(scaler.name ?? scaler.group ?? "");
      if (question !== undefined && settings !== undefined) {
        for (const name of selectKnownScalers(question, settings).keys()) answered.add(name);
      }
      polls.push(await replayPoll(call, HANDLERS["Compute capacity"], settings));
    }
    executions.push({ arn, polls, lost, gaps });
  }
  const known = settings ?? new Map();
  return {
    executions,
    totals: sumTotals(executions),
    dropped: settings === undefined ? [] : [...recorded].filter((name) => !known.has(name)),
    added: [...known.keys()].filter((name) => !recorded.has(name)),
    unanswerable: [...known.keys()].filter((name) => recorded.has(name) && !answered.has(name)),
    othersSettings: settings !== undefined,
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
