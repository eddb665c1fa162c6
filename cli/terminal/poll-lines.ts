import type { Decision } from "../../functions/core/decision.ts";
import type { RecordedPoll } from "../../local/engine/recorded-tasks.ts";
import { decisionText } from "./live.ts";

/**
 * One poll as plain lines, for logs and pipes: every decision that moves something or that a fault
 * held, with its reasons, and one line for all that stay as they are. What a scaler in `rehearsing`
 * (a dry run) decides, it would do.
 */
export function formatPoll(
  poll: RecordedPoll,
  number: number,
  at: string,
  rehearsing: ReadonlySet<string> = new Set(),
): string[] {
  const stays = poll.decisions.filter((decision) => !isNews(decision));
  const head = `${at} poll ${number}`;
  return [
    ...poll.decisions
      .filter(isNews)
      .map(
        (news) =>
          `${head}: ${news.scaler} ${decisionText(news, rehearsing.has(news.scaler))}: ${news.reasons.join("; ")}`,
      ),
    ...(stays.length === 0 ? [] : [`${head}: ${stays.map(quiet).join(", ")}`]),
  ];
}

function isNews({ action, fault }: Decision): boolean {
  return action !== "none" || fault !== undefined;
}

function quiet({ scaler, to }: Decision): string {
  return `${scaler} stays at ${to}`;
}
