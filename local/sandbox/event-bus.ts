import type { EventRule } from "../../config/event-rule.ts";
import type { BuildkiteEvent } from "./buildkite-events.ts";
import type { EventQueue } from "./event-queue.ts";
import { matchesPattern, transformEvent } from "./event-rule.ts";

/** Buildkite's partner event bus, with one rule that leads to one queue. */
export interface EventBus {
  /**
   * Buildkite sends an event. It reaches the rule at each of the times, in epoch milliseconds: with two, it comes
   * twice; with none, it is lost.
   */
  put(event: BuildkiteEvent, arrivalsMs: readonly number[]): void;
  /** Drops the events that are on their way. */
  close(): void;
}

/** Creates a bus. It uses the clock of this process. */
export function createEventBus(rule: EventRule, queue: EventQueue): EventBus {
  const underway = new Set<NodeJS.Timeout>();
  const deliver = (event: BuildkiteEvent) => {
    if (matchesPattern(rule.pattern, event)) queue.send(transformEvent(rule, event));
  };
  return {
    put: (event, arrivalsMs) => {
      for (const atMs of arrivalsMs) {
        const arrive = () => {
          underway.delete(timer);
          deliver(event);
        };
        const timer = setTimeout(arrive, Math.max(0, atMs - Date.now()));
        underway.add(timer);
      }
    },
    close: () => {
      for (const timer of underway) clearTimeout(timer);
      underway.clear();
    },
  };
}
