import type { LoopInput } from "../../config/loops.ts";
import type { Actor, Policy, PolicyWorld } from "./policy.ts";
import { createRulesPolicy } from "./rules.ts";

const MINUTE_MS = 60_000;

/** How long its Lambda polls in every minute. */
export const POLLING_MS = 50_000;

/**
 * Creates the policy of buildkite-agent-scaler v1.12: the same rules, but without a grace period for
 * agents that are starting, and with polls in 50 of every 60 seconds.
 */
export function createReferencePolicy(loops: readonly LoopInput[]): Policy {
  const about =
    "buildkite-agent-scaler v1.12: no grace for starting agents, polls 50 of every 60 seconds";
  const rules = createRulesPolicy("reference", toReferenceLoops(loops, false), about);
  const createActors = async (world: PolicyWorld) => {
    const actors = await rules.createActors(world);
    return actors.map((actor) => pauseEveryMinute(actor, world));
  };
  return { ...rules, createActors };
}

/** An entry of scalers.yml. */
type Entry = LoopInput["scalers"][number];

/**
 * Returns an entry as the reference understands it: it has no grace for starting agents, and none of this
 * project's settings of a graceful scale-in. The cooldown stays.
 */
function toReferenceEntry(entry: Entry, elasticCiMode: boolean): Entry {
  const { graceful, unit, endedBy, busyAfter, ...scaleIn } = entry.scaleIn ?? {};
  const cooldown = scaleIn.cooldown ?? (entry.elasticCiMode === true ? "1h" : "0s");
  return { ...entry, elasticCiMode, agentStartupGrace: "0s", scaleIn: { ...scaleIn, cooldown } };
}

/** Returns loops as the reference understands them. */
export function toReferenceLoops(loops: readonly LoopInput[], elasticCiMode: boolean): LoopInput[] {
  return loops.map((loop) => ({
    ...loop,
    scalers: loop.scalers.map((entry) => toReferenceEntry(entry, elasticCiMode)),
  }));
}

/** Delays the polls of the last ten seconds of a minute to the next minute. */
function pauseEveryMinute(actor: Actor, { startMs }: PolicyWorld): Actor {
  const isPolling = (ms: number) => (ms - startMs) % MINUTE_MS < POLLING_MS;
  const nextMinuteMs = (ms: number) => startMs + Math.ceil((ms - startMs) / MINUTE_MS) * MINUTE_MS;
  return {
    nextMs: () => {
      const ms = actor.nextMs();
      return isPolling(ms) || !Number.isFinite(ms) ? ms : nextMinuteMs(ms);
    },
    act: () => actor.act(),
    calls: (untilMs) => actor.calls(untilMs),
    polls: (untilMs) => Math.round((actor.polls(untilMs) * POLLING_MS) / MINUTE_MS),
  };
}
