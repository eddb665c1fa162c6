import pc from "picocolors";
import { plural } from "../../functions/core/plural.ts";
import type { RecordedDecision } from "../../local/engine/recorded-tasks.ts";
import { changeText } from "../terminal/decision-text.ts";
import { type DecisionPair, isDifferent, isReworded, type ReplayedPoll } from "./compare.ts";
import type { Replay } from "./replay.ts";

const AS_RECORDED =
  "each decision alone: facts and cooldowns are as recorded, not as these settings would have made them";

/** What a person is told of a replay. */
export function formatReplay(replay: Replay, withReasons: boolean): string[] {
  const { executions, dropped, added, unanswerable, othersSettings } = replay;
  return [
    ...executions.flatMap(({ arn, gaps }) =>
      gaps.map((gap) => pc.yellow(`${executionName(arn)}: ${gap}`)),
    ),
    ...dropped.map((name) => pc.yellow(`${name} is not in the scalers file: not replayed`)),
    ...added.map((name) => pc.yellow(`${name} was not recorded: there are no facts to decide on`)),
    ...unanswerable.map((name) =>
      pc.yellow(`${name}: its queue or group was not recorded: not replayed`),
    ),
    ...(othersSettings ? [pc.dim(AS_RECORDED)] : []),
    ...executions.flatMap(({ polls }) => polls.flatMap((poll) => pollLines(poll, withReasons))),
    summaryLine(replay),
  ];
}

/** The last part of an ARN but one: the execution's name. */
function executionName(arn: string): string {
  return arn.split(":").slice(-2)[0] ?? arn;
}

function pollLines({ at, decisions, refused }: ReplayedPoll, withReasons: boolean): string[] {
  if (refused !== undefined) return [pc.red(`${at}: today it is refused: ${refused}`)];
  return decisions
    .filter((each) => isDifferent(each) || (withReasons && isReworded(each)))
    .flatMap((each) => pairLines(at, each));
}

function pairLines(at: string, compared: DecisionPair): string[] {
  const { scaler, recorded, today } = compared;
  const both = [recorded, today].map((decision) =>
    decision === undefined ? "nothing" : changeText(decision),
  );
  const head = isDifferent(compared)
    ? pc.red(`${at} ${scaler}: recorded ${both[0]}, today ${both[1]}`)
    : `${at} ${scaler}: ${both[0]}, in other words`;
  return [head, `  recorded: ${joinReasons(recorded)}`, `  today:    ${joinReasons(today)}`];
}

function joinReasons(decision: RecordedDecision | undefined): string {
  return decision?.reasons.join("; ") ?? "no decision";
}

function summaryLine({ executions, totals }: Replay): string {
  const { polls, decisions, differing, reworded, lost } = totals;
  return [
    plural(executions.length, "execution"),
    `${plural(polls, "poll")} replayed`,
    `${plural(decisions, "decision")} compared`,
    differing === 0
      ? pc.green("none differs")
      : pc.red(differing === 1 ? "1 differs" : `${differing} differ`),
    ...(reworded === 0 ? [] : [`${reworded} in other words`]),
    ...(lost === 0 ? [] : [pc.yellow(`${plural(lost, "poll")} not replayable`)]),
  ].join(", ");
}
