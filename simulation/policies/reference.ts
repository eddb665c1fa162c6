import type { LoopInput } from "../../config/loops.ts";
import type { Actor, Policy, PolicyWorld } from "./policy.ts";
import { createRulesPolicy } from "./rules.ts";

const MINUTE_MS = 60_000;

/** How long its Lambda polls, of every minute. */
const POLLING_MS = 50_000;

/**
 * buildkite-agent-scaler v1.12: the same rules, without a grace for agents that are starting, and
 * polling for 50 of every 60 seconds.
 */
export function createReferencePolicy(loops: readonly LoopInput[]): Policy {
  const about =
    "buildkite-agent-scaler v1.12: no grace for starting agents, polls 50 of every 60 seconds";
  const rules = createRulesPolicy("reference", loops.map(withoutGrace), about);
  return {
    ...rules,
    actors: (world) => rules.actors(world).map((loop) => pauseEveryMinute(loop, world)),
  };
}

function withoutGrace(loop: LoopInput): LoopInput {
  return {
    ...loop,
    scalers: loop.scalers.map((scaler) => ({ ...scaler, agentStartupGrace: "0s" })),
  };
}

/** Leaves out the polls that would fall into the last ten seconds of a minute. */
function pauseEveryMinute(loop: Actor, { startMs }: PolicyWorld): Actor {
  const isPolling = (ms: number) => (ms - startMs) % MINUTE_MS < POLLING_MS;
  const resumes = (ms: number) => startMs + Math.ceil((ms - startMs) / MINUTE_MS) * MINUTE_MS;
  return {
    nextMs: () => {
      const ms = loop.nextMs();
      return isPolling(ms) || !Number.isFinite(ms) ? ms : resumes(ms);
    },
    act: () => loop.act(),
    polls: (untilMs) => Math.round((loop.polls(untilMs) * POLLING_MS) / MINUTE_MS),
  };
}
