import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { plural } from "../../functions/core/plural.ts";
import type { RecordedDecision } from "../../local/engine/recorded-tasks.ts";
import { changeText } from "../terminal/decision-text.ts";
import { type DecisionPair, isDifferent, isReworded } from "./decision-pairs.ts";
import type { Replay } from "./replay.ts";
import type { ReplayedPoll } from "./replay-poll.ts";

const AS_RECORDED =
  "each decision is replayed alone: facts and cooldowns stay as recorded, even if these settings would have changed them";

/** Returns the result of a replay as lines. `withReasons` adds decisions that only have new reasons. */
export function formatReplay(replay: Replay, withReasons: boolean): string[] {
  const { executions, othersSettings } = replay;
  return [
    ...executions.flatMap(({ arn, gaps }) =>
      gaps.map((gap) => pc.yellow(escapeControls(`${executionName(arn)}: ${gap}`))),
    ),
    ...scalerLines(replay).map((line) => pc.yellow(escapeControls(line))),
    ...(othersSettings ? [pc.dim(AS_RECORDED)] : []),
    ...executions.flatMap(({ polls }) => polls.flatMap((poll) => pollLines(poll, withReasons))),
    summaryLine(replay),
  ];
}

function scalerLines({ dropped, added, unanswerable }: Replay): string[] {
  return [
    ...dropped.map((name) => `${name} is not in the scalers file, and is not replayed`),
    ...added.map((name) => `${name} was not recorded: there are no facts for its decision`),
    ...unanswerable.map(
      (name) => `${name} is not replayed, because its group or one of its queues was not recorded`,
    ),
  ];
}

/** The ARN of an Express execution ends with `:name:id`. */
function executionName(arn: string): string {
  return arn.split(":").slice(-2)[0] ?? arn;
}

function pollLines({ at, decisions, refused }: ReplayedPoll, withReasons: boolean): string[] {
  if (refused !== undefined)
    return [pc.red(escapeControls(`${at}: Compute capacity refuses this poll: ${refused}`))];
  return decisions
    .filter((pair) => isDifferent(pair) || (withReasons && isReworded(pair)))
    .flatMap((pair) => pairLines(at, pair));
}

function pairLines(at: string, pair: DecisionPair): string[] {
  const { scaler, recorded, today } = pair;
  const text = isDifferent(pair)
    ? `recorded ${formatChange(recorded)}, today ${formatChange(today)}`
    : `${formatChange(recorded)}, with other reasons`;
  const heading = escapeControls(`${at} ${scaler}: ${text}`);
  return [
    isDifferent(pair) ? pc.red(heading) : heading,
    `  recorded: ${joinReasons(recorded)}`,
    `  today:    ${joinReasons(today)}`,
  ];
}

function formatChange(decision: RecordedDecision | undefined): string {
  return decision === undefined ? "no decision" : changeText(decision);
}

function joinReasons(decision: RecordedDecision | undefined): string {
  return escapeControls(decision?.reasons.join("; ") ?? "no decision");
}

function summaryLine({ executions, totals }: Replay): string {
  const { polls, decisions, differing, reworded, lost } = totals;
  const difference = differing === 1 ? "1 differs" : `${differing} differ`;
  return [
    plural(executions.length, "execution"),
    `${plural(polls, "poll")} replayed`,
    `${plural(decisions, "decision")} compared`,
    differing === 0 ? pc.green(difference) : pc.red(difference),
    ...(reworded === 0 ? [] : [`${reworded} with other reasons`]),
    ...(lost === 0 ? [] : [pc.yellow(`${plural(lost, "poll")} not replayable`)]),
  ].join(", ");
}
