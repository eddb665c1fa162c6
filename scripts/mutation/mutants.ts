import { readFileSync } from "node:fs";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { isScalar, parseDocument, visit } from "yaml";

/** One change of one source file that a test should notice. */
export interface Mutant {
  /** Relative to the project's folder. */
  file: string;
  line: number;
  /** Where the replaced text starts and ends in the file. */
  from: number;
  to: number;
  original: string;
  replacement: string;
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

/** Returns every mutant of a TypeScript file, or of the definition in YAML. */
export async function listMutants(file: string): Promise<Mutant[]> {
  const text = readFileSync(file, "utf8");
  return file.endsWith(".yml") ? listYamlMutants(file, text) : listScriptMutants(file, text);
}

/** Applies the mutators of StrykerJS. Its runner is not used: it does not work with vitest 5. */
async function listScriptMutants(file: string, text: string): Promise<Mutant[]> {
  const lineStarts = listLineStarts(text);
  const instrumenter = new Instrumenter(SILENT_LOGGER);
  const options = { plugins: null, excludedMutations: [], ignorers: [] };
  const { mutants } = await instrumenter.instrument(
    [{ name: file, content: text, mutate: true }],
    options,
  );
  return mutants.map(({ location: { start, end }, mutatorName, replacement }) => {
    const from = (lineStarts[start.line] ?? 0) + start.column;
    const to = (lineStarts[end.line] ?? 0) + end.column;
    return {
      file,
      line: start.line + 1,
      from,
      to,
      original: text.slice(from, to),
      replacement: EXPRESSIONS.has(mutatorName) ? `(${replacement})` : replacement,
    };
  });
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
      const replacement = changeValue(value);
      mutants.push({ file, line, from, to, original: text.slice(from, to), replacement });
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
