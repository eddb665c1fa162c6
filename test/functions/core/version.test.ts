import { expect, test } from "vitest";
import { VERSION } from "../../../functions/core/version.ts";
import manifest from "../../../package.json" with { type: "json" };

test("the version that services are told is the package's", () => {
  expect(VERSION).toBe(manifest.version);
});
