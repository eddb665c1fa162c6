import * as v from "valibot";
import { parseExecutionInput } from "../functions/core/execution-input.ts";
import { InvalidInput, InvalidScaler, type Problem } from "../functions/core/problems.ts";
import { applyDefaults, locateSetting } from "./defaults.ts";
import { cutIntoLoops, type LoopInput } from "./loops.ts";
import { describePath } from "./path.ts";
import { findProblems } from "./problems.ts";
import { readTextFile } from "./read-file.ts";
import type { SettingProblem } from "./remark.ts";
import { fullFileSchema } from "./schema.ts";
import { findWarnings } from "./warnings.ts";
import { readYaml, type Yaml } from "./yaml.ts";

/** One thing wrong with, or odd about, a scalers file. */
export interface Finding extends Problem {
  file: string;
  /** From 1; absent where no line can be named. */
  line?: number;
}

/** What a scalers file comes to. */
export interface ValidationResult {
  /** The input of each loop; empty where there are problems. */
  loops: LoopInput[];
  /** Each of them keeps the file from being deployed. */
  problems: Finding[];
  /** None of them does. */
  warnings: Finding[];
}

/** Reads and checks a scalers file. A file that cannot be read is a problem like any other. */
export function validateFile(path: string): ValidationResult {
  const read = readTextFile(path);
  return "text" in read
    ? validateText(read.text, path)
    : refused([found(path, undefined, "", `${read.problem}; ${A_PATH}`)]);
}

const A_PATH = "allowed: the path of a scalers file, such as scalers.yml";

/** Checks the text of a scalers file. `file` is the name that its problems are shown with. */
export function validateText(text: string, file: string): ValidationResult {
  return validateYaml(readYaml(text), file);
}

/**
 * Checks settings that were never text, such as those of command line flags. `data` has the shape of
 * a scalers file; `file` is the name that its problems are shown with. No problem has a line.
 */
export function validateData(data: unknown, file: string): ValidationResult {
  return validateYaml({ data: data ?? null, problems: [], lineOf: () => undefined }, file);
}

function validateYaml(yaml: Yaml, file: string): ValidationResult {
  const broken = yaml.problems.map(({ line, what }) => found(file, line, "", what));
  if (yaml.data === undefined) return refused(broken);
  const full = applyDefaults(yaml.data);
  const placed = (remarks: readonly SettingProblem[]) => inOrder(placedIn(file, yaml, remarks));
  const warnings = placed(findWarnings(full));
  const problems = inOrder([...broken, ...placed(findProblems(full))]);
  if (problems.length > 0 || !v.is(fullFileSchema, full)) return { loops: [], problems, warnings };
  const loops = cutIntoLoops(full);
  const unplaced = loops.flatMap((loop) => refusedByLoop(loop, file));
  return unplaced.length > 0
    ? { loops: [], problems: unplaced, warnings }
    : { loops, problems, warnings };
}

/** `scalers.yml:14: clusters[0] (main): scalers[2] (web): scaleIn: "factr" is not known here; ...` */
export function formatFinding({ file, line, where, what }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return where === "" ? `${place}: ${what}` : `${place}: ${where}: ${what}`;
}

function refused(problems: Finding[]): ValidationResult {
  return { loops: [], problems, warnings: [] };
}

function found(file: string, line: number | undefined, where: string, what: string): Finding {
  return { file, ...(line === undefined ? {} : { line }), where, what };
}

/** Each remark where its setting was written. What comes from one place is said once. */
function placedIn(file: string, yaml: Yaml, remarks: readonly SettingProblem[]): Finding[] {
  const findings = remarks.map(({ path, what, besides }) => {
    const at = locateSetting(yaml.data, path, besides);
    return found(file, yaml.lineOf(at), describePath(yaml.data, at), what);
  });
  return [...new Map(findings.map((finding) => [formatFinding(finding), finding])).values()];
}

function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** The loop has the last word: what it would refuse is not deployed. */
function refusedByLoop(loop: LoopInput, file: string): Finding[] {
  try {
    parseExecutionInput(loop);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput) && !(error instanceof InvalidScaler)) throw error;
    return error.problems.map(({ where, what }) =>
      found(file, undefined, `${loop.name}: ${where}`, what),
    );
  }
}
