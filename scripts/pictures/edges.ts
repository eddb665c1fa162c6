import type { Definition } from "../../config/definition.ts";

type State = Definition["States"][string];
type Choices = Extract<State, { Type: "Choice" }>["Choices"];

/** One way from a state to another. */
export interface Edge {
  from: string;
  to: string;
  /** `catch` is the way that an error takes. */
  kind: "next" | "choice" | "catch";
  /** On what condition; empty where there is none. */
  label: string;
}

/** Every way from each state to another, in the order of the definition. */
export function edgesOf(definition: Definition): Edge[] {
  return Object.entries(definition.States).flatMap(([from, state]) => [
    ...nextOf(from, state),
    ...catchesOf(from, state),
  ]);
}

function nextOf(from: string, state: State): Edge[] {
  if (state.Type === "Choice") {
    const choices = state.Choices.map(
      (choice): Edge => ({ from, to: choice.Next, kind: "choice", label: conditionOf(choice) }),
    );
    const otherwise: Edge[] = state.Default
      ? [{ from, to: state.Default, kind: "choice", label: "otherwise" }]
      : [];
    return [...choices, ...otherwise];
  }
  return "Next" in state && state.Next ? [{ from, to: state.Next, kind: "next", label: "" }] : [];
}

/** In words where the condition is of the only kind that the loop has, as it is written otherwise. */
function conditionOf(choice: Choices[number]): string {
  const { Next, ...condition } = choice;
  if ("Variable" in condition && "IsPresent" in condition && condition.IsPresent)
    return `${condition.Variable} is present`;
  return JSON.stringify(condition);
}

function catchesOf(from: string, state: State): Edge[] {
  const catches = "Catch" in state ? (state.Catch ?? []) : [];
  const rest = catches.length > 1 ? "any other error" : "any error";
  return catches.map(({ ErrorEquals, Next }) => ({
    from,
    to: Next,
    kind: "catch",
    label: ErrorEquals.includes("States.ALL") ? rest : ErrorEquals.join(", "),
  }));
}
