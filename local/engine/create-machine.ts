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
  return negateTests({
    TimeoutSeconds: EXPRESS_LIMIT_SECONDS,
    ...definition,
    States: Object.fromEntries(states),
  });
}

/** `IsPresent: false`, `IsNull: false` and the like. */
const NEGATIVE_TEST = /^Is[A-Z]\w+$/;

/** For the engine, a test such as `IsPresent: false` never matches. So it becomes `Not` of the positive test. */
function negateTests(definition: Definition): Definition {
  return JSON.parse(JSON.stringify(definition), (_, rule: unknown) => {
    if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return rule;
    const [test, expected] = Object.entries(rule).find(([key]) => NEGATIVE_TEST.test(key)) ?? [];
    if (test === undefined || expected !== false) return rule;
    const { Variable, Next } = { Variable: undefined, Next: undefined, ...rule };
    return { Not: { Variable, [test]: true }, ...(Next === undefined ? {} : { Next }) };
  });
}
