import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { Path } from "./path.ts";

/** Something that is wrong with the YAML itself. Never quotes the file: a token may stand there. */
export interface YamlProblem {
  line: number | undefined;
  what: string;
}

/** A YAML file's data, and where in the file each piece of it was written. */
export interface Yaml {
  /** Aliases and merge keys resolved; undefined where the YAML is too broken for that. */
  data: unknown;
  problems: YamlProblem[];
  /** The line of what stands at a path, or of the nearest thing above it. From 1. */
  lineOf(path: Path): number | undefined;
}

/** Reads one YAML document, merge keys (`<<`) included. Never throws. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    stringKeys: true,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const found = [...document.errors, ...document.warnings];
  const unresolved = aliasProblems(document, lineAt);
  const problems = [
    ...found.map((error) => ({ line: lineAt(error.pos[0]), what: whatIsWrong(error, text) })),
    ...unresolved,
  ];
  const isBroken = unresolved.length > 0 || found.some(({ code }) => code !== "DUPLICATE_KEY");
  const read = isBroken ? { data: undefined, problems: [] } : dataOf(document);
  return {
    data: read.data,
    problems: [...firstOfEachLine(problems), ...read.problems],
    lineOf: (path) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : lineAt(offset);
    },
  };
}

const LAYOUT =
  'indentation, a bracket or a colon is out of place; keys of one mapping begin in one column, and a text with ": " in it needs quotes';

const WORDS: Partial<Record<YAMLError["code"], string>> = {
  BAD_INDENT: LAYOUT,
  BLOCK_AS_IMPLICIT_KEY: LAYOUT,
  MULTILINE_IMPLICIT_KEY: LAYOUT,
  UNEXPECTED_TOKEN: `this does not belong here: ${LAYOUT}`,
  TAB_AS_INDENT: "a tab is not allowed as indentation; allowed: spaces",
  MULTIPLE_DOCS: "a second document begins here; allowed: one in a file",
  BAD_SCALAR_START: 'a text that begins with "@", "`" or "%" needs quotes',
  TAG_RESOLVE_FAILED: "tags such as !Ref mean nothing here; allowed: the value itself",
  NON_STRING_KEY: "a list or a mapping is not allowed as a key; allowed: a text",
};

function whatIsWrong({ code, message, pos }: YAMLError, text: string): string {
  if (code === "DUPLICATE_KEY") return `"${keyAt(text, pos[0])}" stands twice in one mapping`;
  return WORDS[code] ?? `is not YAML: ${message}`;
}

function keyAt(text: string, offset: number): string {
  return /^[^\s:]*/.exec(text.slice(offset))?.[0] ?? "";
}

/** What follows from the first problem of a line is no news. */
function firstOfEachLine(problems: readonly YamlProblem[]): YamlProblem[] {
  return problems.filter(
    ({ line }, index) => problems.findIndex((other) => other.line === line) === index,
  );
}

function aliasProblems(document: Document, lineAt: (offset: number) => number): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Alias(_, alias, parents) {
      const target = alias.resolve(document);
      const line = alias.range ? lineAt(alias.range[0]) : undefined;
      const named = `*${alias.source}`;
      if (target === undefined) {
        problems.push({ line, what: `${named} has no anchor &${alias.source} above it` });
      } else if (parents.includes(target)) {
        problems.push({ line, what: `${named} stands within its own anchor` });
      }
    },
  });
  return problems;
}

/** Enough for a `<<` in every entry of a large file; an expansion beyond it is a mistake. */
const MOST_ALIASES = 10_000;

function dataOf(document: Document): { data: unknown; problems: YamlProblem[] } {
  try {
    return { data: document.toJS({ maxAliasCount: MOST_ALIASES }), problems: [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      data: undefined,
      problems: [{ line: undefined, what: `cannot be put together: ${why}` }],
    };
  }
}

/** One step down: where it is written, and what stands there. */
interface Step {
  offset: number | undefined;
  node: unknown;
}

function offsetOf(document: Document, path: Path): number | undefined {
  let { offset, node }: Step = { offset: startOf(document.contents), node: document.contents };
  for (const key of path) {
    const next = stepInto(document, node, key);
    if (next === undefined) return offset;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function stepInto(document: Document, node: unknown, key: string | number): Step | undefined {
  const target = resolved(document, node);
  if (isSeq(target) && typeof key === "number") {
    const item = target.items[key];
    return item === undefined ? undefined : { offset: startOf(item), node: item };
  }
  if (!isMap(target)) return undefined;
  const pair = target.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair !== undefined) return { offset: startOf(pair.key), node: pair.value };
  return stepIntoMerged(document, target, key);
}

function stepIntoMerged(document: Document, map: unknown, key: string | number): Step | undefined {
  if (!isMap(map)) return undefined;
  const merges = map.items.filter((item) => isScalar(item.key) && item.key.value === "<<");
  const sources = merges.flatMap(({ value }) => {
    const source = resolved(document, value);
    return isSeq(source) ? source.items : [source];
  });
  for (const source of sources) {
    const step = stepInto(document, source, key);
    if (step !== undefined) return step;
  }
  return undefined;
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number | undefined {
  return isNodeWithRange(node) ? node.range?.[0] : undefined;
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "range" in node;
}
