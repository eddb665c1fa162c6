import * as v from "valibot";
import { parseExecutionInput } from "../functions/core/execution-input.ts";
import { type Problem, ProblemsError } from "../functions/core/problems.ts";
import { locateSetting } from "./apply-defaults.ts";
import { escapeControls } from "./escape-controls.ts";
import { type EventsSetting, fullFileSchema } from "./file-schema.ts";
import { cutIntoLoops, type LoopInput, listEventSettings } from "./loops.ts";
import { findPlaceholders } from "./placeholders.ts";
import { findProblems } from "./problems.ts";
import { readTextFile } from "./read-file.ts";
import { readScalersFile, type SettingProblem } from "./scalers-file.ts";
import { describePath } from "./setting-path.ts";
import { findWarnings } from "./warnings.ts";
import { readYaml, type Yaml } from "./yaml.ts";

/** Something wrong with, or odd about, a scalers file. */
export interface FileProblem extends Problem {
  file: string;
  /** From 1; absent if no line can be named. */
  line?: number;
}

/** The result of checking a scalers file. */
export interface ValidationResult {
  /** The input of each loop; empty if there are problems. */
  loops: LoopInput[];
  /** Where the events of a cluster arrive, by its name; empty if there are problems. */
  events: ReadonlyMap<string, EventsSetting>;
  /** Any of them blocks a deploy. */
  problems: FileProblem[];
  /** They do not block a deploy. */
  warnings: FileProblem[];
}

/** Reads and checks a scalers file. A file that cannot be read is a problem like any other. */
export function validateFile(path: string): ValidationResult {
  const read = readTextFile(path);
  return "text" in read
    ? validateText(read.text, path)
    : refuse([toProblem(path, undefined, "", `${read.problem}; ${A_PATH}`)]);
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
  return validateYaml({ data: data ?? null, problems: [], findLine: () => undefined }, file);
}

function validateYaml(yaml: Yaml, file: string): ValidationResult {
  const broken = yaml.problems.map(({ line, what }) => toProblem(file, line, "", what));
  if (yaml.data === undefined) return refuse(broken);
  const read = readScalersFile(yaml.data);
  const warnings = sortByLine(locate(findWarnings(read), yaml, file));
  const found = [...findProblems(read), ...findPlaceholders(read)];
  const problems = sortByLine([...broken, ...locate(found, yaml, file)]);
  if (problems.length > 0 || !v.is(fullFileSchema, read.full)) return refuse(problems, warnings);
  const loops = cutIntoLoops(read.full, read.entries);
  const refused = loops.flatMap((loop) => checkLoop(loop, file));
  if (refused.length > 0) return refuse(refused, warnings);
  return { loops, events: listEventSettings(read.full), problems, warnings };
}

/** Formats a problem, safe to print: `scalers.yml:14: clusters[0] (main): scalers[2] (web): scaleIn: ...` */
export function formatFileProblem(problem: FileProblem): string {
  return escapeControls(`${formatPlace(problem)}: ${problem.what}`);
}

/** Formats the place of a problem: `scalers.yml:14: clusters[0] (main): scalers[2] (web): scaleIn`. */
export function formatPlace({ file, line, where }: FileProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return where === "" ? place : `${place}: ${where}`;
}

function refuse(problems: FileProblem[], warnings: FileProblem[] = []): ValidationResult {
  return { loops: [], events: new Map(), problems, warnings };
}

function toProblem(file: string, line: number | undefined, where: string, what: string) {
  return { file, ...(line === undefined ? {} : { line }), where, what };
}

/**
 * Adds where each setting was written. A problem of `defaults` that several entries have is reported
 * once.
 */
function locate(found: readonly SettingProblem[], yaml: Yaml, file: string): FileProblem[] {
  const problems = found.map(({ path, what, involved }) => {
    const written = locateSetting(yaml.data, path, involved);
    return toProblem(file, yaml.findLine(written), describePath(yaml.data, written), what);
  });
  return [...new Map(problems.map((each) => [formatFileProblem(each), each])).values()];
}

function sortByLine(problems: readonly FileProblem[]): FileProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** Asks the loop's own parser last: an input that it would refuse must not be deployed. */
function checkLoop(loop: LoopInput, file: string): FileProblem[] {
  try {
    parseExecutionInput(loop);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return error.problems.map(({ where, what }) =>
      toProblem(file, undefined, `${loop.name}: ${where}`, what),
    );
  }
}
