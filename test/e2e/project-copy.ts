import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Folders } from "./ministack.ts";

const SOURCES = ["functions", "local", "statemachine", "package.json", "serverless.yml"];

/** A copy of the project, in which a test may edit what a user would. */
export interface ProjectCopy {
  folder: string;
  write(path: string, text: string): void;
  /** Replaces a text that stands in a file once. @throws Error where it does not */
  edit(path: string, from: string, to: string): void;
}

/** Copies the project, all but its node_modules, which are shared. */
export function copyProject({ project, work }: Folders): ProjectCopy {
  const folder = join(work, "project");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const source of SOURCES)
    cpSync(join(project, source), join(folder, source), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  const edit = (path: string, from: string, to: string) => {
    const [before, after, ...more] = readFileSync(join(folder, path), "utf8").split(from);
    if (after === undefined || more.length > 0)
      throw new Error(`${JSON.stringify(from)} does not stand in ${path} once`);
    write(path, `${before}${to}${after}`);
  };
  return { folder, write, edit };
}
