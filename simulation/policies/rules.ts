import type { LoopInput } from "../../config/loops.ts";
import type { EventDelivery } from "../events/delivery.ts";
import type { Policy } from "./policy.ts";

/**
 * Creates the policy that decides by this project's own rules.
 * @param about describes it in one sentence
 * @param deliveryOf tells how Buildkite's events reach a loop; undefined: it listens to none
 */
export function createRulesPolicy(
  name: string,
  loops: readonly LoopInput[],
  about: string,
  deliveryOf: (loop: LoopInput) => EventDelivery | undefined = () => undefined,
): Policy {
  return {
    name,
    about,
    loops,
    hasEvents: loops.some((loop) => deliveryOf(loop) !== undefined),
    createActors: async (world) => {
      // Loaded on demand: the handlers import the AWS SDK, which other commands need not wait for.
      const { ScalingLoop } = await import("./scaling-loop.ts");
      return loops.map((loop) => new ScalingLoop(loop, world, deliveryOf(loop)));
    },
  };
}
