import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { Path } from "./setting-path.ts";

/** Something wrong with the YAML itself. It never quotes a value, which may be a token. */
export interface YamlProblem {
  line: number | undefined;
  what: string;
}

/** The data of a YAML file, and the line of each of its values. */
export interface Yaml {
  /** Aliases and merge keys are resolved. Undefined if the YAML is too broken for that. */
  data: unknown;
  problems: YamlProblem[];
  /** Returns the line of the value at a path, or of the nearest value above it. From 1. */
  findLine(path: Path): number | undefined;
}

/** Reads one YAML document, merge keys (`<<`) included. Never throws. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false, // Its check compares each key with each other one.
  });
  const toLine = (offset: number) => lines.linePos(offset).line;
  const errors = [...document.errors, ...document.warnings];
  const { aliases, problems: aliasProblems } = resolveAliases(document, toLine);
  const syntaxProblems = errors.map((error) => ({
    line: toLine(error.pos[0]),
    what: describeError(error),
  }));
  const isBroken = aliasProblems.length > 0 || errors.length > 0;
  const lookup: Lookup = { aliases, pairs: new Map() };
  const resolved = isBroken ? { data: undefined, problems: [] } : resolveData(document);
  return {
    data: resolved.data,
    problems: [
      ...keepFirstOfEachLine([
        ...syntaxProblems,
        ...aliasProblems,
        ...findDuplicateKeys(document, toLine),
      ]),
      ...resolved.problems,
    ],
    findLine: (path) => {
      const offset = findOffset(lookup, document.contents, path);
      return offset === undefined ? undefined : toLine(offset);
    },
  };
}

const LAYOUT =
  'check the indentation, brackets and colons; the keys of a mapping start in the same column, and a text that contains ": " needs quotes';

/** Messages for the errors that users make most. */
const MESSAGES: Partial<Record<YAMLError["code"], string>> = {
  BAD_INDENT: `the layout is wrong: ${LAYOUT}`,
  BLOCK_AS_IMPLICIT_KEY: `the layout is wrong: ${LAYOUT}`,
  MULTILINE_IMPLICIT_KEY: `the layout is wrong: ${LAYOUT}`,
  UNEXPECTED_TOKEN: `something is unexpected here: ${LAYOUT}`,
  TAB_AS_INDENT: "tabs are not allowed for indentation; use spaces",
  MULTIPLE_DOCS: "a second document starts here; allowed: one document in a file",
  BAD_SCALAR_START: 'a text that starts with "@", "`" or "%" needs quotes',
  TAG_RESOLVE_FAILED: "tags such as !Ref are not supported; write the value itself",
  NON_STRING_KEY: "a list or a mapping is not allowed as a key; allowed: a text",
};

function describeError({ code, message }: YAMLError): string {
  return MESSAGES[code] ?? `is not valid YAML: ${message}`;
}

/** Later problems of a line are mostly consequences of the first. */
function keepFirstOfEachLine(problems: readonly YamlProblem[]): YamlProblem[] {
  const firsts = new Map(problems.toReversed().map((problem) => [problem.line, problem]));
  return problems.filter((problem) => firsts.get(problem.line) === problem);
}

function findDuplicateKeys(document: Document, toLine: (offset: number) => number): YamlProblem[] {
  const problems: YamlProblem[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const line = key.range ? toLine(key.range[0]) : undefined;
        if (seen.has(key.value))
          problems.push({ line, what: `"${key.value}" is defined twice in one mapping` });
        seen.add(key.value);
      }
    },
  });
  return problems;
}

/** What aliases stand for. Alias.resolve() would walk through the whole document for each of them. */
type Aliases = ReadonlyMap<unknown, Node>;

function resolveAliases(
  document: Document,
  toLine: (offset: number) => number,
): { aliases: Aliases; problems: YamlProblem[] } {
  const problems: YamlProblem[] = [];
  const anchors = new Map<string, Node>();
  const aliases = new Map<unknown, Node>();
  visit(document, {
    Node(_, node) {
      if ("anchor" in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias(_, alias, parents) {
      const target = anchors.get(alias.source);
      const line = alias.range ? toLine(alias.range[0]) : undefined;
      const name = `*${alias.source}`;
      if (target === undefined) {
        problems.push({ line, what: `${name} has no anchor &${alias.source} above it` });
      } else if (parents.includes(target)) {
        problems.push({ line, what: `${name} is inside its own anchor` });
      } else {
        aliases.set(alias, target);
      }
    },
  });
  return { aliases, problems };
}

/** Enough for a `<<` in every entry of a large file; more is a mistake. */
const MOST_ALIASES = 10_000;

function resolveData(document: Document): { data: unknown; problems: YamlProblem[] } {
  try {
    return { data: document.toJS({ maxAliasCount: MOST_ALIASES }), problems: [] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      data: undefined,
      problems: [{ line: undefined, what: `aliases and merge keys cannot be resolved: ${why}` }],
    };
  }
}

/** A node of the document, and the offset of its key or item in the text. */
interface Step {
  offset: number | undefined;
  node: unknown;
}

/** Finds nodes without a walk through the document or through a mapping for each path. */
interface Lookup {
  aliases: Aliases;
  /** By mapping: its pairs by key. */
  pairs: Map<YAMLMap, ReadonlyMap<unknown, Pair>>;
}

function findOffset(lookup: Lookup, root: unknown, path: Path): number | undefined {
  let { offset, node }: Step = { offset: startOffset(root), node: root };
  for (const key of path) {
    const next = stepInto(lookup, node, key);
    if (next === undefined) return offset;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset;
}

function stepInto(lookup: Lookup, node: unknown, key: string | number): Step | undefined {
  const target = resolveAlias(lookup, node);
  if (isSeq(target) && typeof key === "number") {
    const item = target.items[key];
    return item === undefined ? undefined : { offset: startOffset(item), node: item };
  }
  if (!isMap(target)) return undefined;
  const pair = pairsOf(target, lookup).get(key);
  if (pair !== undefined) return { offset: startOffset(pair.key), node: pair.value };
  return stepIntoMerged(lookup, target, key);
}

function stepIntoMerged(lookup: Lookup, map: YAMLMap, key: string | number): Step | undefined {
  const merged = resolveAlias(lookup, pairsOf(map, lookup).get("<<")?.value);
  const sources: unknown[] = isSeq(merged) ? merged.items : [merged];
  for (const source of sources) {
    const step = stepInto(lookup, source, key);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** Of two pairs with one key, the first. */
function pairsOf(map: YAMLMap, { pairs }: Lookup): ReadonlyMap<unknown, Pair> {
  const known = pairs.get(map);
  if (known !== undefined) return known;
  const byKey = new Map(
    map.items.toReversed().map((pair) => [isScalar(pair.key) ? pair.key.value : pair.key, pair]),
  );
  pairs.set(map, byKey);
  return byKey;
}

function resolveAlias({ aliases }: Lookup, node: unknown): unknown {
  return aliases.get(node) ?? node;
}

function startOffset(node: unknown): number | undefined {
  return isNodeWithRange(node) ? node.range?.[0] : undefined;
}

function isNodeWithRange(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "range" in node;
}
