import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Folders } from "./ministack.ts";

const SOURCES = ["functions", "config", "deploy", "statemachine", "package.json", "serverless.yml"];

/** A copy of the project, which a test may edit as a user would. */
export interface ProjectCopy {
  folder: string;
  write(path: string, text: string): void;
  /** Replaces a text. @throws Error if the file does not contain it exactly once */
  edit(path: string, from: string, to: string): void;
}

/** Copies the project. node_modules is shared by a link. */
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
      throw new Error(`${path} does not contain ${JSON.stringify(from)} exactly once`);
    write(path, `${before}${to}${after}`);
  };
  return { folder, write, edit };
}
