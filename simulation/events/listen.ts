import { parseInstantMs } from "../../functions/core/instant.ts";
import type { NextState } from "../../functions/core/poll.ts";
import type { EventFeed } from "./event-feed.ts";

/**
 * Listens after a poll, as the definition does. Returns when an event leads to a poll, in epoch milliseconds;
 * undefined if none does while the loop listens.
 */
export function listenAfterPoll(
  { carry: { listen }, earliestPollAt, answeredBefore }: NextState,
  feed: EventFeed,
  nowMs: number,
): number | undefined {
  if (listen === undefined || earliestPollAt === undefined || answeredBefore === undefined)
    return undefined;
  const relistenUntilMs = parseInstantMs(listen.relistenUntil);
  for (let fromMs = nowMs; ; ) {
    const message = feed.hear(fromMs, fromMs + listen.listenSeconds * 1000);
    if (message === undefined) return undefined;
    const isAnswered = message.body < answeredBefore && message.atMs < relistenUntilMs;
    if (!isAnswered) return Math.max(message.atMs, parseInstantMs(earliestPollAt));
    fromMs = message.atMs;
  }
}
