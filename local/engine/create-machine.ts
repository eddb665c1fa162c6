import { StateMachine } from "aws-local-stepfunctions";
import type { Definition } from "../../config/definition.ts";

/** How long an Express execution may last. */
const EXPRESS_LIMIT_SECONDS = 300;

const validDefinitions = new Set<string>();

/**
 * Creates a state machine of the engine. Validating takes longer than many executions, so each
 * definition is validated once.
 * @throws Error if the definition is invalid
 */
export function createMachine(definition: Definition): StateMachine {
  const adapted = adaptToEngine(definition);
  const text = JSON.stringify(adapted);
  const validationOptions = { noValidate: validDefinitions.has(text) };
  // The validator writes into the definition that it gets.
  const machine = new StateMachine(structuredClone(adapted), { validationOptions });
  validDefinitions.add(text);
  return machine;
}

/**
 * Returns the definition for the engine. Express ends every execution after five minutes. A Task's
 * TimeoutSeconds is enforced by tasks.ts: the engine enforces it too, but fills its Cause, which is
 * empty on AWS. So the engine's limit is set a second later.
 */
function adaptToEngine(definition: Definition): Definition {
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
