import { readFileSync } from "node:fs";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";

/** A state machine's definition. */
export type Definition = StateMachineDefinition;

/** How long an Express execution may last. */
const EXPRESS_LIMIT_SECONDS = 300;

/** The definition of the scaling loop, as it is deployed. */
export function readDefinition(): Definition {
  const file = new URL("../../statemachine/scaling-loop.asl.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

const knownValid = new Set<string>();

/**
 * A state machine of the engine's. Validating takes longer than many an execution, so it is done
 * once for each definition.
 * @throws Error where the definition is invalid
 */
export function createMachine(definition: Definition): StateMachine {
  const enforced = enforceable(definition);
  const text = JSON.stringify(enforced);
  const validationOptions = { noValidate: knownValid.has(text) };
  // The validator writes into what it is given.
  const machine = new StateMachine(structuredClone(enforced), { validationOptions });
  knownValid.add(text);
  return machine;
}

/**
 * The definition as the engine is given it. Express ends every execution after five minutes. A
 * Task's own TimeoutSeconds is kept by us: the engine keeps it too, but fills its Cause, which on
 * AWS is empty; so the engine's is put off until ours has fired.
 */
function enforceable(definition: Definition): Definition {
  const states = Object.entries(definition.States).map(([name, state]) =>
    state.Type === "Task" && state.TimeoutSeconds !== undefined
      ? [name, { ...state, TimeoutSeconds: state.TimeoutSeconds + 1 }]
      : [name, state],
  );
  return {
    TimeoutSeconds: EXPRESS_LIMIT_SECONDS,
    ...definition,
    States: Object.fromEntries(states),
  };
}
