import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { REFERENCE_SETTINGS } from "../../config/settings-table.ts";
import { settingsTable, tableIn, withTable } from "../../scripts/readme-table.ts";

const root = resolve(import.meta.dirname, "../..");

describe("the table of settings in the documentation", () => {
  test("is the one that the command uses: else run `npm run readme`", () => {
    const documented = tableIn(readFileSync(resolve(root, "README.md"), "utf8"));
    expect(documented).toBe(settingsTable());
  });
});

describe("the settings as Markdown", () => {
  const rows = settingsTable().split("\n");

  test("have a row each, of six cells", () => {
    const cells = rows.map((row) => row.replaceAll("\\|", "").split("|").length - 2);
    expect(new Set(cells)).toEqual(new Set([6]));
    for (const { variable } of REFERENCE_SETTINGS) {
      if (variable !== undefined) expect(rows.join("\n")).toContain(`| \`${variable}\` |`);
    }
  });

  test("show where each is given, and its default for each way of running the reference", () => {
    expect(rows).toContain(
      "| `scaleIn.cooldown` | `SCALE_IN_COOLDOWN_PERIOD` | `--scale-in-cooldown` | `ScaleInCooldownPeriod` | 0s, in Elastic CI mode 1h; flag: 1h; stack: 1h | Time that must pass after a scale-in before the next. |",
    );
    expect(rows).toContain(
      "| `maxInstanceCap` | `MAX_INSTANCE_CAP` | `--max-instance-cap` (only here) |  | 0 | Most instances that the jobs may ask for; 0 is no cap. |",
    );
  });

  test("show what the reference has alone, and what there is here alone", () => {
    expect(rows).toContain(
      "| none | `MIN_SIZE` |  | `MinSize` |  | Least instances. Read from the group itself; the reference does not read it either. |",
    );
    expect(rows).toContain(
      "| `demandShare` |  |  |  | 1 | This group's share of the demand, for a gradual move from one group to another. The reference has none. |",
    );
  });
});

describe("a document", () => {
  const OPEN = "<!-- settings: made by npm run readme -->";
  const CLOSE = "<!-- /settings -->";

  test("gets the table of today between its markers, and keeps the rest", () => {
    const before = `# Title\n\n${OPEN}\nold\n${CLOSE}\n\nAfter\n`;
    expect(withTable(before)).toBe(`# Title\n\n${OPEN}\n${settingsTable()}\n${CLOSE}\n\nAfter\n`);
  });

  test("that has the table stays as it is", () => {
    const alone = `${OPEN}\n${settingsTable()}\n${CLOSE}\n`;
    expect(withTable(alone)).toBe(alone);
  });

  test.each(["# Title\n", `${OPEN}\nno end`, `${CLOSE}\n`])(
    "without both markers gets none: %j",
    (document) => {
      expect([tableIn(document), withTable(document)]).toEqual([undefined, undefined]);
    },
  );
});
