import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { init } from "../../../cli/init/command.ts";
import { validateFile } from "../../../config/validate-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "init-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function runInit() {
  const lines: string[] = [];
  const exitCode = init(folder, "^1.2.3", (line) => lines.push(stripVTControlCharacters(line)));
  return { exitCode, output: lines.join("\n") };
}

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

describe("init", () => {
  test("writes the files of a team into an empty folder", () => {
    expect(runInit()).toMatchObject({ exitCode: 0 });
    const files = [".gitignore", "README.md", "package.json", "scalers.yml", "serverless.yml"];
    expect(readdirSync(folder).toSorted()).toEqual(files);
  });

  test("names this package and the osls that it is tested with", () => {
    runInit();
    const own = JSON.parse(readFileSync("package.json", "utf8"));
    expect(JSON.parse(read("package.json"))).toMatchObject({
      private: true,
      devDependencies: {
        [own.name]: "^1.2.3",
        serverless: own.devDependencies.serverless,
      },
    });
  });

  test("writes a valid scalers.yml", () => {
    runInit();
    expect(validateFile(join(folder, "scalers.yml"))).toMatchObject({ problems: [], warnings: [] });
  });

  test("writes nothing if one of the files exists", () => {
    writeFileSync(join(folder, "scalers.yml"), "mine");
    const { exitCode, output } = runInit();
    expect(exitCode).toBe(1);
    expect(output).toContain(`${join(folder, "scalers.yml")} exists already`);
    expect(readdirSync(folder)).toEqual(["scalers.yml"]);
    expect(read("scalers.yml")).toBe("mine");
  });
});

test("the template's scalers.yml has the settings of the project's", () => {
  const settings = (path: string) => readFileSync(path, "utf8").split("\n").slice(6).join("\n");
  const own = settings("scalers.yml").replace(
    "docs/scale-in.md",
    "docs/scale-in.md of the package",
  );
  expect(settings("cli/init/template/scalers.yml")).toBe(own);
});
