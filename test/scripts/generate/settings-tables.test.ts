import { describe, expect, test } from "vitest";
import { REFERENCE_SETTINGS } from "../../../config/settings-table.ts";
import { formatMigrationTables } from "../../../scripts/generate/migration-tables.ts";
import { formatSettingsReference } from "../../../scripts/generate/settings-reference.ts";

describe("the generated tables of settings", () => {
  test.each([
    { part: "reference", format: formatSettingsReference },
    { part: "comparison", format: formatMigrationTables },
  ])("have the same number of cells in every row: $part", ({ format }) => {
    const tables = format().split(/^### .*$/m);
    for (const table of tables.slice(1)) {
      const rows = table.trim().split("\n");
      const cells = rows.map((row) => row.replaceAll("\\|", "").split("|").length);
      expect(new Set(cells).size).toBe(1);
    }
  });
});

describe("the reference of settings", () => {
  const rows = formatSettingsReference().split("\n");

  test("lists every setting of a scalers file and of the state machine", () => {
    const names = rows.flatMap((row) => /^\| `([\w.]+)`/.exec(row)?.[1] ?? []);
    const targets = REFERENCE_SETTINGS.flatMap(({ target }) => target ?? []);
    for (const target of targets) {
      expect(names).toContain(target.split(".").slice(1).join("."));
    }
  });

  test("shows type, default and meaning of a setting", () => {
    expect(rows).toContain(
      "| `agentStartupGrace` | duration | 5m | After a scale-out, missing agents count as still starting for this long. |",
    );
    expect(rows).toContain("| `scaleOut.disabled` | boolean | false | Never scale out. |");
    expect(rows).toContain(
      "| `pollIntervalSeconds` | integer ≥ 1 | 10 | Time from the start of one poll to the start of the next. |",
    );
  });

  test("shows which settings are required", () => {
    const required = (name: string) => rows.find((row) => row.startsWith(`| \`${name}\` |`));
    expect(required("agentTokenParameter")).toContain("| string | required |");
    expect(required("agentsPerInstance")).toContain("| integer ≥ 1 | required |");
    expect(required("queues")).toContain("| list of strings | `queue` or `queues` is required |");
  });
});

describe("the comparison with buildkite-agent-scaler", () => {
  const rows = formatMigrationTables().split("\n");

  test("contains every variable and parameter", () => {
    const text = rows.join("\n");
    for (const { variable, parameters = [] } of REFERENCE_SETTINGS) {
      const names = [...(variable === undefined ? [] : [variable]), ...parameters];
      for (const name of names) expect(text).toContain(`\`${name}\``);
    }
  });

  test("shows each source of a setting, and each default that differs", () => {
    expect(rows).toContain(
      "| `scaleIn.cooldown` | `SCALE_IN_COOLDOWN_PERIOD` | `--scale-in-cooldown` | `ScaleInCooldownPeriod` | 0s, in Elastic CI mode 1h; flag: 1h; stack: 1h | Minimum time from one scale-in to the next. In a graceful group, from the first drain of one surplus to that of the next. |",
    );
    expect(rows).toContain(
      "| `maxInstanceCap` | `MAX_INSTANCE_CAP` | `--max-instance-cap` (only here) |  | 0 | Maximum number of instances that jobs can require; 0 means no maximum. |",
    );
  });

  test("shows why a setting has no counterpart", () => {
    expect(rows).toContain(
      "| `MIN_SIZE` |  | `MinSize` | Minimum size of the group. | Read from the group itself; buildkite-agent-scaler ignores this setting too. |",
    );
  });

  test("shows the settings that only this project has", () => {
    expect(rows).toContain(
      "| `demandShare` |  | This group's share of its queues' demand, rounded up to whole jobs. |  |",
    );
    expect(rows).toContainEqual(
      expect.stringMatching(
        /^\| `scaleIn\.endedBy` \| `--scale-in-ended-by` \| Who ends an instance/,
      ),
    );
  });
});
