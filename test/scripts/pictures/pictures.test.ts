import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { type Definition, readDefinition } from "../../../config/definition.ts";
import { listStatesEntered, readHistories } from "../../../local/engine/history.ts";
import { edgesOf } from "../../../scripts/pictures/edges.ts";
import { pictures, RECORDED_POLL } from "../../../scripts/pictures/files.ts";
import { lanesOf } from "../../../scripts/pictures/lanes.ts";
import { machinePicture } from "../../../scripts/pictures/machine.ts";
import { stepsOf } from "../../../scripts/pictures/poll.ts";

const drawn = Object.entries(await pictures());
const [recorded = []] = await readHistories(RECORDED_POLL);

test.each(drawn.map(([path, svg]) => [basename(path), path, svg] as const))(
  "docs/images/%s is what `npm run pictures` draws",
  (_, path, svg) => {
    expect(readFileSync(path, "utf8")).toBe(svg);
  },
);

describe("the picture of the state machine", () => {
  test("has a box for each state and a line for each way", () => {
    const definition = readDefinition();
    const svg = machinePicture(definition);
    expect(svg.match(/<rect x=/g)).toHaveLength(Object.keys(definition.States).length);
    expect(svg.match(/<path class=/g)).toHaveLength(edgesOf(definition).length);
  });

  test("changes with the definition", () => {
    const renamed: Definition = JSON.parse(
      JSON.stringify(readDefinition()).replaceAll("Wait for next poll", "Wait & see"),
    );
    expect(machinePicture(renamed)).toContain("Wait &amp; see");
    expect(machinePicture(renamed)).not.toContain("Wait for next poll");
  });

  test("names the errors that a way is for", () => {
    expect(edgesOf(readDefinition())).toContainEqual({
      from: "Claim slot",
      to: "Input refused",
      kind: "catch",
      label: "InvalidInput, InvalidScaler",
    });
  });
});

describe("lanes", () => {
  test("lines that touch get lanes of their own, the shorter one further in", () => {
    const long = { fromRow: 0, toRow: 5 };
    const short = { fromRow: 3, toRow: 2 };
    expect(lanesOf([long, short])).toEqual([1, 0]);
  });

  test("lines that do not touch share one", () => {
    expect(
      lanesOf([
        { fromRow: 0, toRow: 1 },
        { fromRow: 3, toRow: 2 },
      ]),
    ).toEqual([0, 0]);
  });
});

describe("the poll that is drawn", () => {
  test("went only ways that the definition has", () => {
    const states = listStatesEntered(recorded);
    const ways = edgesOf(readDefinition()).map(({ from, to }) => `${from} to ${to}`);
    const gone = states.slice(1).map((to, index) => `${states[index]} to ${to}`);
    expect(gone.filter((way) => !ways.includes(way))).toEqual([]);
    expect(gone).toContain("Anything to do? to Apply scaling");
  });

  test("takes 10 s from its beat to the next, nearly all of them waiting", () => {
    const steps = stepsOf(recorded);
    const all = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    // Each step is cut to whole milliseconds, and a poll begins a few of them after its beat.
    expect(all).toBeGreaterThan(9900);
    expect(all).toBeLessThanOrEqual(10_020);
    expect(steps.at(-1)).toMatchObject({ state: "Wait for next poll", type: "Wait" });
  });

  test("says what was decided and why: 15 jobs at 4 agents are 4 instances", () => {
    const said = stepsOf(recorded).find(({ state }) => state === "Compute capacity")?.said;
    expect(said).toEqual([
      "web: scale-out 0 to 4",
      "· 12 scheduled + 3 running = 15 jobs",
      "· 15 jobs / 4 agents per instance = 4 instances",
    ]);
  });

  test("has no secret and no machine's path in its record", () => {
    expect(readFileSync(RECORDED_POLL, "utf8")).not.toMatch(/of-the-sandbox|\/home\/|\/work\//);
  });
});
