import { invokeLambda, LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";
import { toJson } from "../../local/engine/json.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { HANDLERS, sandbox } from "./sandbox.ts";

/** Calls the handler of one Task as Lambda does, with its own time limit, in virtual time. */

/** The start of every call of {@link runStep}. */
export const START = "2026-01-05T09:00:00.000Z";

/** The name of a Task. */
export type StepName = keyof typeof HANDLERS;

/** The outcome of a step: its result or its error, and its duration. */
export interface StepOutcome {
  result?: unknown;
  error?: { name: string; message: string };
  tookMs: number;
}

/** Runs one step from {@link START} on. */
export function runStep(name: StepName, event: object): Promise<StepOutcome> {
  return runInVirtualTime(Date.parse(START), () => timeStep(name, event));
}

/** Returns the result of one step from {@link START} on. @throws TaskError with the name of the error */
export function readResult(name: StepName, event: object): Promise<unknown> {
  return runInVirtualTime(Date.parse(START), () => callState(name, event));
}

/** Calls a handler at the current time. */
export function callState(name: StepName, event: object): Promise<unknown> {
  const limitSeconds = LAMBDA_LIMIT_SECONDS[name] ?? 0;
  const request = toJson({ execution: "loop-1", ...event });
  return invokeLambda({
    handler: HANDLERS[name],
    event: request,
    functionName: name,
    limitSeconds,
  });
}

async function timeStep(name: StepName, event: object): Promise<StepOutcome> {
  const startedMs = Date.now();
  try {
    const result = await callState(name, event);
    return { result, tookMs: Date.now() - startedMs };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name: errorName, message } = error;
    return { error: { name: errorName, message }, tookMs: Date.now() - startedMs };
  }
}

/** Lists when a service was called, in milliseconds since {@link START}, oldest first. */
export function listRequestTimes(service: string): number[] {
  return sandbox.calls
    .filter((asked) => asked.service === service)
    .map(({ atMs }) => atMs - Date.parse(START));
}

/** For the `before` of a fault: delays the answer. */
export function delay(milliseconds: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, milliseconds));
}
