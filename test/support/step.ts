import { invokeLambda, LAMBDA_LIMIT_SECONDS } from "../../local/engine/invoke-lambda.ts";
import { toJson } from "../../local/engine/json.ts";
import { runInVirtualTime } from "../../local/engine/virtual-time.ts";
import { HANDLERS, sandbox } from "./sandbox.ts";

/** One Task's handler, called as Lambda calls it and under its own time limit, in virtual time. */

/** When every call of {@link runStep} begins. */
export const START = "2026-01-05T09:00:00.000Z";

/** The name of a Task. */
export type StepName = keyof typeof HANDLERS;

/** What came of a step: its result or its error, and how long it took. */
export interface StepOutcome {
  result?: unknown;
  error?: { name: string; message: string };
  tookMs: number;
}

/** Runs one step from {@link START} on. */
export function runStep(name: StepName, event: object): Promise<StepOutcome> {
  return runInVirtualTime(Date.parse(START), () => timeStep(name, event));
}

/** The result of one step from {@link START} on; rejects with a Task's error, by its name. */
export function readResult(name: StepName, event: object): Promise<unknown> {
  return runInVirtualTime(Date.parse(START), () => callState(name, event));
}

/** Calls a handler at whatever time it is. */
export function callState(name: StepName, event: object): Promise<unknown> {
  const limitSeconds = LAMBDA_LIMIT_SECONDS[name] ?? 0;
  const asked = toJson({ execution: "loop-1", ...event });
  return invokeLambda({ handler: HANDLERS[name], event: asked, functionName: name, limitSeconds });
}

async function timeStep(name: StepName, event: object): Promise<StepOutcome> {
  const startedMs = Date.now();
  try {
    const result = await callState(name, event);
    return { result, tookMs: Date.now() - startedMs };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name: named, message } = error;
    return { error: { name: named, message }, tookMs: Date.now() - startedMs };
  }
}

/** When a service was asked, in milliseconds since {@link START}, oldest first. */
export function listRequestTimes(service: string): number[] {
  return sandbox.calls
    .filter((asked) => asked.service === service)
    .map(({ atMs }) => atMs - Date.parse(START));
}

/** For a fault's `before`: the answer comes so much later. */
export function delay(milliseconds: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, milliseconds));
}
