import { join } from "node:path";
import { expect, test } from "vitest";
import { unpack } from "../../scripts/packaging.ts";
import { newDirectory, packageOnce, readPackaged, removeS3Keys } from "../support/packaged.ts";
import { copyProjectWith, installServerless3, runTool } from "../support/tools.ts";

test("Serverless Framework 3 packages the same", { timeout: 300_000 }, () => {
  const project = newDirectory();
  copyProjectWith(installServerless3(), project);
  const cli = join(project, "node_modules/serverless/bin/serverless.js");
  const directory = newDirectory();
  const { ok, output } = runTool(
    process.execPath,
    [cli, "package", "--package", directory],
    project,
  );
  expect(ok, output).toBe(true);

  const ours = packageOnce();
  expect(removeS3Keys(readPackaged(directory).resources)).toEqual(removeS3Keys(ours.resources));
  const files = (from: string) => unpack(from, newDirectory()).map(({ files }) => files);
  expect(files(directory)).toEqual(files(ours.directory));
});
