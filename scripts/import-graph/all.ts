import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { formatTable } from "../../simulation/format-table.ts";
import { countImports } from "./count-imports.ts";
import { type FunctionFact, readSourceFacts } from "./source-facts.ts";

/**
 * Prints how the project is built: files and lines of each top folder, the imports between the top
 * folders, and the functions that are too long or named by a bare participle.
 */

const ROOT = resolve(import.meta.dirname, "../..");
const LONGEST_FUNCTION_LINES = 40;

const facts = readSourceFacts(ROOT);
const functions = facts
  .filter(({ path }) => !path.startsWith("test/"))
  .flatMap((file) => file.functions);
const functionsWithName = functions.filter(({ name }) => name !== undefined);
printFolders();
printImports();
console.log(
  `\nFunctions outside test/: ${functionsWithName.length} with a name, median ${medianLines()} lines, and ${functions.length - functionsWithName.length} callbacks`,
);
printFunctions(
  `Functions over ${LONGEST_FUNCTION_LINES} lines`,
  functions.filter(({ lines }) => lines > LONGEST_FUNCTION_LINES),
);
printFunctions(
  "Functions named by a bare participle",
  functions.filter(({ isBareParticiple }) => isBareParticiple),
);

function printFolders(): void {
  const files = listCodeFiles().map((path) => ({
    folder: topFolder(path),
    lines: readFileSync(resolve(ROOT, path), "utf8").split("\n").length - 1,
  }));
  const rows = [...Map.groupBy(files, ({ folder }) => folder)].map(([folder, ofFolder]) => [
    folder,
    String(ofFolder.length),
    String(ofFolder.reduce((sum, { lines }) => sum + lines, 0)),
  ]);
  printTable([["folder", "files", "lines"], ...rows]);
}

/** TypeScript and JavaScript, as far as git knows it. */
function listCodeFiles(): string[] {
  const output = execFileSync("git", ["ls-files", "*.ts", "*.cjs", "*.mjs"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return output.trim().split("\n");
}

function topFolder(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : ".";
}

function printImports(): void {
  const arrows = countImports(facts, topFolder);
  const rows = arrows.map(({ from, to, count }) => [`${from} -> ${to}`, String(count)]);
  console.log(`\nImports between top folders: ${arrows.length} arrows`);
  printTable(rows);
}

function medianLines(): number {
  const lines = functionsWithName.map((each) => each.lines).sort((a, b) => a - b);
  return lines[Math.floor(lines.length / 2)] ?? 0;
}

function printFunctions(title: string, selected: readonly FunctionFact[]): void {
  console.log(`\n${title}: ${selected.length}`);
  for (const { place, name, lines } of selected) {
    console.log(`  ${place} ${name ?? "callback"} (${lines} lines)`);
  }
}

function printTable(rows: readonly (readonly string[])[]): void {
  for (const line of formatTable(rows, "  ")) console.log(line);
}
