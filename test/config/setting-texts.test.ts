import { describe, expect, test } from "vitest";
import {
  DESCRIPTIONS,
  defaultText,
  describeSetting,
  settingName,
} from "../../config/setting-texts.ts";
import { parseScalers } from "../../functions/core/read-scalers.ts";

describe("the name of a setting", () => {
  test.each([
    { path: ["clusters"], name: "file.clusters" },
    { path: ["defaults"], name: "file.defaults" },
    { path: ["clusters", 0, "name"], name: "cluster.name" },
    { path: ["clusters", 0, "scalers"], name: "cluster.scalers" },
    { path: ["clusters", 0, "scalers", 2, "group"], name: "scaler.group" },
    {
      path: ["clusters", 0, "scalers", 2, "scaleIn", "cooldown"],
      name: "scaler.scaleIn.cooldown",
    },
    { path: ["defaults", "dryRun"], name: "scaler.dryRun" },
    { path: ["clusters", 0, "defaults", "scaleIn", "factor"], name: "scaler.scaleIn.factor" },
  ])("at $path is $name", ({ path, name }) => {
    expect(settingName(path)).toBe(name);
    expect(DESCRIPTIONS).toHaveProperty([name]);
  });
});

describe("the description of a setting", () => {
  test("ends with its default", () => {
    expect(describeSetting("scaler.instanceBuffer")).toBe(
      "Extra instances while there are jobs. Default: 0.",
    );
  });

  test("has a default in words if it depends on another setting", () => {
    expect(describeSetting("scaler.name")).toMatch(/ Default: the group's name\.$/);
    expect(describeSetting("scaler.scaleIn.cooldown")).toMatch(
      / Default: 0s, in Elastic CI mode 1h\.$/,
    );
  });

  test("has no default if the setting is required or a group of settings", () => {
    for (const name of ["cluster.name", "scaler.queue", "scaler.scaleIn"])
      expect(defaultText(name)).toBeUndefined();
  });

  test("does not exist for an unknown setting", () => {
    expect(describeSetting("scaler.queu")).toBeUndefined();
  });
});

test("a scaler with every default written out is the scaler without settings", () => {
  const least = { queue: "a", group: "web", agentsPerInstance: 1 };
  const written = {
    ...least,
    availabilityThreshold: Number(defaultText("scaler.availabilityThreshold")),
    agentStartupGrace: defaultText("scaler.agentStartupGrace"),
    scaleOut: { cooldown: defaultText("scaler.scaleOut.cooldown"), factor: "none" },
    danglingCheck: { minimumUptime: defaultText("scaler.danglingCheck.minimumUptime") },
  };
  expect(parseScalers([written])).toEqual(parseScalers([least]));
});
