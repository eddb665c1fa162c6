import { describe, expect, test } from "vitest";
import { type Definition, readDefinition } from "../../../config/definition.ts";
import { formatStateDiagram } from "../../../scripts/generate/state-diagram.ts";
import { listTransitions } from "../../../scripts/generate/transitions.ts";

describe("the transitions of a definition", () => {
  test("include conditions, in words", () => {
    expect(listTransitions(readDefinition())).toContainEqual({
      from: "Anything to do?",
      to: "Apply scaling",
      kind: "choice",
      label: "$.plan is present",
    });
  });

  test("name the errors that cause them", () => {
    expect(listTransitions(readDefinition())).toContainEqual({
      from: "Claim slot",
      to: "Input refused",
      kind: "catch",
      label: "InvalidInput, InvalidScaler",
    });
  });
});

describe("the state diagram", () => {
  test("has an arrow for each pair of states with a transition", () => {
    const definition = readDefinition();
    const arrows = formatStateDiagram(definition)
      .split("\n")
      .filter((line) => /-->|-\.->/.test(line));
    const pairs = listTransitions(definition).map(({ from, to }) => `${from} to ${to}`);
    expect(arrows).toHaveLength(new Set(pairs).size);
  });

  test("has the label of each state once", () => {
    const definition = readDefinition();
    const labels = formatStateDiagram(definition).match(/(?<=[[({]")[^"]+(?="[\])}])/g);
    expect(labels?.toSorted()).toEqual(Object.keys(definition.States).toSorted());
  });

  test("shows the type of a state by its shape, and errors by dotted arrows", () => {
    const definition: Definition = {
      StartAt: "Work",
      States: {
        Work: {
          Type: "Task",
          Resource: "work",
          Catch: [
            { ErrorEquals: ["Refused"], Next: "Done" },
            { ErrorEquals: ["States.ALL"], Next: 'Say "no"?' },
          ],
          Next: 'Say "no"?',
        },
        'Say "no"?': { Type: "Wait", Seconds: 1, Next: "Done" },
        Done: { Type: "Succeed" },
      },
    };
    expect(formatStateDiagram(definition).split("\n")).toEqual([
      "```mermaid",
      "flowchart TD",
      '  Work["Work"] --> SayNo(["Say #quot;no#quot;?"])',
      '  Work -.->|"Refused"| Done((("Done")))',
      "  SayNo --> Done",
      "```",
    ]);
  });
});
