import { readFileSync } from "node:fs";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { isScalar, parseDocument, visit } from "yaml";

/** One change of one source file that a test should notice. */
export interface Mutant {
  /** Stryker's, under which the instrumented sources count it; absent in the definition. */
  id?: string;
  /** Relative to the project's folder. */
  file: string;
  line: number;
  /** The text of this line, without the spaces around it. */
  lineText: string;
  /** Where the replaced text starts and ends in the file. */
  from: number;
  to: number;
  original: string;
  replacement: string;
}

/** The mutants of some files, and these files with Stryker's counters: which mutants are executed. */
export interface Mutants {
  mutants: Mutant[];
  instrumented: ReadonlyMap<string, string>;
}

/**
 * Stryker replaces nodes of a tree and we replace text. These replacements are whole expressions, so
 * parentheses keep their precedence.
 */
const EXPRESSIONS = new Set([
  "ArithmeticOperator",
  "ArrowFunction",
  "AssignmentOperator",
  "BooleanLiteral",
  "EqualityOperator",
  "LogicalOperator",
  "MethodExpression",
  "OptionalChaining",
  "UnaryOperator",
  "UpdateOperator",
]);

const SILENT_LOGGER = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
};

/** Returns every mutant of TypeScript files and of the definition in YAML, in the files' order. */
export async function listMutants(files: readonly string[]): Promise<Mutants> {
  const texts = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
  const { mutants: ofScripts, instrumented } = await listScriptMutants(texts);
  const mutants = [...texts].flatMap(([file, text]) =>
    file.endsWith(".yml") ? listYamlMutants(file, text) : (ofScripts.get(file) ?? []),
  );
  return { mutants, instrumented };
}

/** Applies the mutators of StrykerJS. Its runner is not used: it does not work with vitest 5. */
async function listScriptMutants(texts: ReadonlyMap<string, string>) {
  const scripts = [...texts].filter(([file]) => file.endsWith(".ts"));
  const { files, mutants } = await new Instrumenter(SILENT_LOGGER).instrument(
    scripts.map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [] },
  );
  return {
    instrumented: new Map(files.map(({ name, content }) => [name, content])),
    mutants: Map.groupBy(
      mutants.map((mutant) => toMutant(mutant, texts.get(mutant.fileName) ?? "")),
      ({ file }) => file,
    ),
  };
}

type StrykerMutant = Awaited<ReturnType<Instrumenter["instrument"]>>["mutants"][number];

function toMutant(mutant: StrykerMutant, text: string): Mutant {
  const { id, fileName: file, mutatorName, replacement, location } = mutant;
  const { start, end } = location;
  const lineStarts = listLineStarts(text);
  const from = (lineStarts[start.line] ?? 0) + start.column;
  const to = (lineStarts[end.line] ?? 0) + end.column;
  return {
    id,
    file,
    line: start.line + 1,
    lineText: readLine(text, start.line),
    from,
    to,
    original: text.slice(from, to),
    replacement: EXPRESSIONS.has(mutatorName) ? `(${replacement})` : replacement,
  };
}

/** Changes each number, boolean and text of the definition, except comments, which nothing reads. */
function listYamlMutants(file: string, text: string): Mutant[] {
  const mutants: Mutant[] = [];
  visit(parseDocument(text), {
    Pair: (_, { key }) => (isScalar(key) && key.value === "Comment" ? visit.SKIP : undefined),
    Scalar: (position, { value, range }) => {
      if (position === "key" || !range) return;
      const [from, to] = range;
      const line = text.slice(0, from).split("\n").length;
      const [original, replacement] = [text.slice(from, to), changeValue(value)];
      const lineText = readLine(text, line - 1);
      mutants.push({ file, line, lineText, from, to, original, replacement });
    },
  });
  return mutants;
}

function changeValue(value: unknown): string {
  if (typeof value === "number") return String(value + 1);
  if (typeof value === "boolean") return String(!value);
  return '""';
}

function listLineStarts(text: string): number[] {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

function readLine(text: string, index: number): string {
  return text.split("\n")[index]?.trim() ?? "";
}
