import { execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdtempSync, realpathSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** A copy of the project, in which files may be changed while others work in the original. */
export type ProjectCopy = string;

/**
 * Copies what git knows, and whatever is new, into a temporary folder with the same dependencies.
 * @param tests folders: of the tests, the copy has only these
 */
export function copyProject(tests: readonly string[]): ProjectCopy {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "scaling-loop-mutation-")));
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", listing, { encoding: "utf8" }).split("\0");
  for (const file of files) {
    const isWanted = !file.endsWith(".test.ts") || tests.some((folder) => file.startsWith(folder));
    const isFile = file !== "" && lstatSync(file, { throwIfNoEntry: false })?.isFile();
    if (isFile && isWanted) cpSync(file, join(copy, file));
  }
  symlinkSync(resolve("node_modules"), join(copy, "node_modules"));
  return copy;
}
