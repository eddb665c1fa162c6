import type { Definition } from "../../config/definition.ts";
import { listTransitions, type Transition } from "./transitions.ts";

type StateType = Definition["States"][string]["Type"];

/** How Mermaid writes the shape of a state: tasks are boxes, choices diamonds, waits rounded. */
const SHAPES: Readonly<Partial<Record<StateType, readonly [string, string]>>> = {
  Choice: ["{", "}"],
  Wait: ["([", "])"],
  Succeed: ["(((", ")))"],
  Fail: ["(((", ")))"],
};
const BOX = ["[", "]"] as const;

/**
 * Returns a definition as a Mermaid flowchart in a Markdown code block, which GitHub draws. Dotted
 * lines are transitions after errors; a Task without one follows its solid line after an error too.
 * @param isShown chooses the transitions
 */
export function formatStateDiagram(
  definition: Definition,
  isShown = (_: Transition): boolean => true,
): string {
  const formatNode = createNodeFormatter(definition);
  const transitions = findReachable(definition, listTransitions(definition).filter(isShown));
  const arrows = mergeParallel(transitions).map(({ from, to, kind, label }) =>
    [formatNode(from), formatArrow(kind, label), formatNode(to)].join(" "),
  );
  return ["```mermaid", ["flowchart TD", ...arrows].join("\n  "), "```"].join("\n");
}

/** Returns the transitions from states that are reached by one of them. */
function findReachable(
  { StartAt }: Definition,
  transitions: readonly Transition[],
): readonly Transition[] {
  const reached = new Set([StartAt, ...transitions.map(({ to }) => to)]);
  const reachable = transitions.filter(({ from }) => reached.has(from));
  return reachable.length === transitions.length
    ? transitions
    : findReachable({ StartAt, States: {} }, reachable);
}

/** Returns a formatter of nodes: the id of a state and, the first time that it is named, its shape and label. */
function createNodeFormatter({ States }: Definition): (name: string) => string {
  const declared = new Set<string>();
  return (name) => {
    const id = toNodeId(name);
    if (declared.has(id)) return id;
    declared.add(id);
    const type = States[name]?.Type;
    const [open, close] = (type && SHAPES[type]) ?? BOX;
    return `${id}${open}"${escapeLabel(name)}"${close}`;
  };
}

/** Returns one transition for each pair of states: parallel arrows only make a picture harder to read. */
function mergeParallel(transitions: readonly Transition[]): Transition[] {
  const pairs = Map.groupBy(transitions, ({ from, to }) => JSON.stringify([from, to]));
  return [...pairs.values()].flatMap((parallel) => {
    const regular = parallel.filter(({ kind }) => kind !== "catch");
    const shown = regular.length === 0 ? parallel : regular;
    return shown.slice(0, 1).map((first) => ({
      ...first,
      label: shown.map(({ label }) => label).join(" or "),
    }));
  });
}

function formatArrow(kind: Transition["kind"], label: string): string {
  const arrow = kind === "catch" ? "-.->" : "-->";
  return label === "" ? arrow : `${arrow}|"${escapeLabel(label)}"|`;
}

/** Returns a name that Mermaid accepts as an id: `Anything to do?` becomes `AnythingToDo`. */
function toNodeId(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** Mermaid writes special characters as entities with `#` in place of `&`. */
function escapeLabel(label: string): string {
  return label.replaceAll("#", "#35;").replaceAll('"', "#quot;");
}
