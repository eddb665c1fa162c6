import type { LoopInput } from "../../config/loops.ts";
import type { EventDelivery } from "../events/delivery.ts";
import type { Policy } from "./policy.ts";

/**
 * Creates the policy that decides by this project's own rules.
 * @param about describes it in one sentence
 * @param events how Buildkite's events reach the loops; absent: they listen to none
 */
export function createRulesPolicy(
  name: string,
  loops: readonly LoopInput[],
  about: string,
  events?: EventDelivery,
): Policy {
  return {
    name,
    about,
    loops,
    createActors: async (world) => {
      // Loaded on demand: the handlers import the AWS SDK, which other commands need not wait for.
      const { ScalingLoop } = await import("./scaling-loop.ts");
      return loops.map((loop) => new ScalingLoop(loop, world, events));
    },
  };
}
