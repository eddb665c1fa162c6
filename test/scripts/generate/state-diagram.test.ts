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

  test("include comparisons and several conditions at once", () => {
    const labels = listTransitions(readDefinition()).map(({ label }) => label);
    expect(labels).toContain("$.loop.pollUntil is present and now >= $.loop.pollUntil");
    expect(labels.filter((label) => label.includes("{"))).toEqual([]);
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

  test("leaves out transitions, and the states that only they reach", () => {
    const withoutErrors = formatStateDiagram(readDefinition(), ({ kind }) => kind !== "catch");
    expect(withoutErrors).toContain("Claim slot");
    expect(withoutErrors).not.toMatch(/Input refused|Wait to claim again|Slot over/);
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
