import { expect, test } from "vitest";
import { VERSION } from "../../../functions/core/version.ts";
import manifest from "../../../package.json" with { type: "json" };

test("the version in the user agent is that of the package", () => {
  expect(VERSION).toBe(manifest.version);
});
