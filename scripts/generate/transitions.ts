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

const COMPARISON_SIGNS: Readonly<Record<string, string>> = {
  LessThan: "<",
  LessThanEquals: "<=",
  Equals: "=",
  GreaterThanEquals: ">=",
  GreaterThan: ">",
};

/** Formats a condition in words and signs. One that the definition does not use stays JSON. */
function formatCondition({ Next: _, ...rule }: Choice): string {
  return formatRule(rule);
}

function formatRule(rule: object): string {
  if ("And" in rule && Array.isArray(rule.And)) return rule.And.map(formatRule).join(" and ");
  const { Variable, ...test }: { Variable?: string } = rule;
  const [[operator, value] = ["", ""]] = Object.entries(test);
  const variable = formatOperand(Variable);
  if (operator === "IsPresent") return `${variable} is ${value ? "present" : "absent"}`;
  const [, comparison = ""] = /^(?:String|Numeric|Timestamp)(\w+?)(?:Path)?$/.exec(operator) ?? [];
  const sign = COMPARISON_SIGNS[comparison];
  return sign === undefined ? JSON.stringify(rule) : `${variable} ${sign} ${formatOperand(value)}`;
}

function formatOperand(operand: unknown): string {
  return operand === "$$.State.EnteredTime" ? "now" : String(operand);
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
