import { readDefinition } from "../../config/definition.ts";
import type { Observation } from "../../functions/core/facts.ts";
import type { Plan } from "../../functions/core/plan.ts";
import { HANDLERS } from "../../local/engine/handlers.ts";
import type { Handler } from "../../local/engine/invoke-lambda.ts";
import { type Outcome, runExecution } from "../../local/engine/run-execution.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";

/**
 * Runs the real definition in virtual time, with the real Claim slot and Compute capacity, and with
 * stand-ins for the Tasks that call services.
 */

/** The input of an execution: one cluster, one queue, one group of up to five instances. */
export const INPUT = {
  name: "main",
  agentTokenParameter: "/buildkite/agent-token",
  publishMetrics: true,
  scalers: [{ queue: "default", group: "web", agentsPerInstance: 1 }],
};

/** Creates an observation of that queue and that group. */
export function createObservation(jobs: number, desired: number, atMs = Date.now()): Observation {
  return {
    observedAt: new Date(atMs).toISOString(),
    organization: "acme",
    cluster: "main",
    queues: {
      default: {
        jobs: { scheduled: jobs, running: 0, waiting: 0 },
        agents: { idle: desired, busy: 0, total: desired },
      },
    },
    groups: { web: { desired, min: 0, max: 5, inService: desired, pending: 0 } },
  };
}

/** No jobs and no instances: nothing to change. */
const observeNothing: Handler = () => createObservation(0, 0);

const applyAll: Handler = ({ plan, carry }: { plan: Plan; carry: object }) => ({
  ...carry,
  applied: Object.fromEntries(plan.changes.map(({ scaler, to }) => [scaler, { set: to }])),
});

const publishAll: Handler = () => ({ data: 1, calls: 1 });

export const STAND_INS = {
  "Claim slot": HANDLERS["Claim slot"],
  "Fetch metrics": observeNothing,
  "Compute capacity": HANDLERS["Compute capacity"],
  "Apply scaling": applyAll,
  "Publish metrics": publishAll,
} satisfies Record<string, Handler>;

/** The name of a Task. */
export type TaskName = keyof typeof STAND_INS;

/** Runs the loop from `startedAt` on. Some of the input and some handlers may be replaced. */
export function runLoop(
  startedAt: string,
  input: Record<string, unknown> = {},
  handlers: Partial<Record<TaskName, Handler>> = {},
): Promise<Outcome> {
  return runInVirtualTime(
    Date.parse(startedAt),
    () =>
      runExecution({
        definition: readDefinition(),
        input: { ...INPUT, ...input },
        handlers: { ...STAND_INS, ...handlers },
        name: "trial",
      }).outcome,
  );
}
