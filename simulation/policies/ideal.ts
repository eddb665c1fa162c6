import type { LoopInput } from "../../config/loops.ts";
import { parseExecutionInput } from "../../functions/core/execution-input.ts";
import type { Scaler } from "../../functions/core/scaler.ts";
import { type Actor, type CallCounts, NO_CALLS, type Policy, type PolicyWorld } from "./policy.ts";

/**
 * Creates the bound that no real policy reaches. A policy that knows the future has an instance ready
 * when its job appears, and terminates only idle instances. The model of it is a fleet that boots in
 * no time and is polled at every event.
 */
export function createIdealPolicy(loops: readonly LoopInput[]): Policy {
  return {
    name: "ideal",
    about:
      "knows the future: instances are ready when their jobs appear, and end when they are idle",
    loops,
    adaptGroup: (options) => ({
      ...options,
      instance: {
        boot: 0,
        connect: 0,
        terminate: 0,
        scaleInEnds: "idle first",
        leastBilledSeconds: 0,
      },
    }),
    createActors: async (world) => [
      new Foresight(
        loops.flatMap((loop) => parseExecutionInput(loop).scalers),
        world,
      ),
    ],
  };
}

class Foresight implements Actor {
  readonly #scalers: readonly Scaler[];
  readonly #world: PolicyWorld;

  constructor(scalers: readonly Scaler[], world: PolicyWorld) {
    this.#scalers = scalers;
    this.#world = world;
  }

  /** Acts at every event. */
  nextMs(): number {
    return this.#world.fleet.nextEventMs();
  }

  polls(): number {
    return 0;
  }

  calls(): CallCounts {
    return NO_CALLS;
  }

  async act(): Promise<void> {
    this.#world.trace.recordState();
    for (const scaler of this.#scalers) this.#scaleToDemand(scaler);
    this.#world.trace.recordState();
  }

  #scaleToDemand({ queues, group, agentsPerInstance, demandShare }: Scaler): void {
    const { fleet } = this.#world;
    const facts = fleet.groupFacts(group);
    if (facts === undefined) return;
    const { jobs } = fleet.sumQueueFacts(queues);
    const share = (jobs.scheduled + jobs.running) * demandShare;
    const needed = Math.ceil(share / agentsPerInstance);
    const to = Math.min(Math.max(needed, facts.min, fleet.busyInstances(group)), facts.max);
    if (to !== facts.desired) fleet.setDesiredCapacity(group, to);
  }
}
