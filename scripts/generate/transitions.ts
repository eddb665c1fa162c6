import type { Definition } from "../../config/definition.ts";

type State = Definition["States"][string];
type Choice = Extract<State, { Type: "Choice" }>["Choices"][number];

/** A transition from one state to another. */
export interface Transition {
  from: string;
  to: string;
  /** `catch`: an error causes it. */
  kind: "next" | "choice" | "catch";
  /** The condition or the errors that cause it; empty if it is unconditional. */
  label: string;
}

/** Returns every transition of a definition, in the order of its states. */
export function listTransitions(definition: Definition): Transition[] {
  return Object.entries(definition.States).flatMap(([from, state]) => [
    ...listNextTransitions(from, state),
    ...listCatchTransitions(from, state),
  ]);
}

function listNextTransitions(from: string, state: State): Transition[] {
  if (state.Type === "Choice") {
    const choices = state.Choices.map(
      (choice): Transition => ({
        from,
        to: choice.Next,
        kind: "choice",
        label: formatCondition(choice),
      }),
    );
    const otherwise: Transition[] = state.Default
      ? [{ from, to: state.Default, kind: "choice", label: "otherwise" }]
      : [];
    return [...choices, ...otherwise];
  }
  return "Next" in state && state.Next ? [{ from, to: state.Next, kind: "next", label: "" }] : [];
}

/** The loop's conditions all test whether a value is present. Any other condition stays JSON. */
function formatCondition(choice: Choice): string {
  const { Next, ...condition } = choice;
  if ("Variable" in condition && "IsPresent" in condition && condition.IsPresent) {
    return `${condition.Variable} is present`;
  }
  return JSON.stringify(condition);
}

function listCatchTransitions(from: string, state: State): Transition[] {
  const catches = "Catch" in state ? (state.Catch ?? []) : [];
  const anyError = catches.length > 1 ? "any other error" : "any error";
  return catches.map(({ ErrorEquals, Next }) => ({
    from,
    to: Next,
    kind: "catch",
    label: ErrorEquals.includes("States.ALL") ? anyError : ErrorEquals.join(", "),
  }));
}
