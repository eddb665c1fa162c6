import * as v from "valibot";
import { InvalidScaler, type Problem } from "./problems.ts";
import type { Scaler } from "./scaler.ts";
import {
  findGracefulProblems,
  findQueueProblem,
  scalerEntrySchema,
  toScaler,
} from "./scaler-entry.ts";
import { toProblems } from "./schema-helpers.ts";

/**
 * Reads a list of entries.
 * @throws InvalidScaler naming every problem of every entry, with its place
 */
export function parseScalers(entries: readonly unknown[]): Scaler[] {
  const { scalers, problems } = readScalers(entries, labelEntry);
  if (problems.length > 0) throw new InvalidScaler(problems);
  return scalers;
}

/**
 * Reads a list of entries: the scalers of those without a problem, and every problem of the others.
 * `label` returns how a person finds the entry at an index.
 */
export function readScalers(
  entries: readonly unknown[],
  label: (index: number, entry: unknown) => string,
): { scalers: Scaler[]; problems: Problem[] } {
  const labelled = entries.map((raw, index) => ({ raw, label: label(index, raw) }));
  const parsed = labelled.map((entry) => ({ ...parseEntry(entry.raw), label: entry.label }));
  const own = parsed.flatMap((entry) =>
    entry.problems.map(({ where, what }) => ({ where: joinPlace(entry.label, where), what })),
  );
  const duplicates = DUPLICATE_FIELDS.flatMap((field) =>
    findDuplicates(field, labelled).map((duplicate) => ({
      where: joinPlace(duplicate.entry.label, field),
      what: describeDuplicate(duplicate, duplicate.first.label),
    })),
  );
  return {
    scalers: parsed.flatMap(({ scaler }) => scaler ?? []),
    problems: [...own, ...duplicates],
  };
}

/**
 * Reads one entry. `problems` are those of the entry by itself; `where` is a setting, or "" for the
 * entry. `scaler` is absent if there are any.
 */
export function parseEntry(entry: unknown): { scaler?: Scaler; problems: Problem[] } {
  const parsed = v.safeParse(scalerEntrySchema, entry);
  const queueProblem = findQueueProblem(entry);
  const problems = [
    ...toProblems(parsed.issues ?? [], (path) => path),
    ...(queueProblem === undefined ? [] : [queueProblem]),
    ...findGracefulProblems(entry),
  ];
  return parsed.success && problems.length === 0
    ? { scaler: toScaler(parsed.output), problems }
    : { problems };
}

/** Returns `scalers[2] (web)`: the index of an entry, and its name if it has one. */
export function labelEntry(index: number, entry: unknown): string {
  const name = readName(entry);
  return name === undefined ? `scalers[${index}]` : `scalers[${index}] (${name})`;
}

/** Settings that no two entries may share. */
export const DUPLICATE_FIELDS = ["group", "name"] as const;

type DuplicateField = (typeof DUPLICATE_FIELDS)[number];

/** An entry whose group or name an earlier entry has. */
export interface Duplicate<Entry> {
  field: DuplicateField;
  value: string;
  entry: Entry;
  /** The first entry that has the value. */
  first: Entry;
}

/**
 * Finds entries that repeat the group or the name of an earlier one. An entry without a name has its
 * group's; two such entries of one group are reported for the group only.
 */
export function findDuplicates<Entry extends { raw: unknown }>(
  field: DuplicateField,
  entries: readonly Entry[],
): Duplicate<Entry>[] {
  const read = field === "group" ? readGroup : readName;
  const byValue = Map.groupBy(entries, ({ raw }) => read(raw));
  byValue.delete(undefined);
  return [...byValue].flatMap(([value = "", [first, ...later]]) =>
    later
      .filter(({ raw }) => field === "group" || hasName(raw) || hasName(first?.raw))
      .flatMap((entry) => (first === undefined ? [] : [{ field, value, entry, first }])),
  );
}

/** Says what is wrong with a duplicate. `firstLabel` is the place of the first entry. */
export function describeDuplicate(
  { field, value }: Pick<Duplicate<unknown>, "field" | "value">,
  firstLabel: string,
): string {
  const others = field === "name" ? ", and no other entry's group" : "";
  return `${JSON.stringify(value)} is already the ${field} of ${firstLabel}; allowed: a ${field} in one entry only${others}`;
}

/** The place of a setting within an entry. */
function joinPlace(label: string, setting: string): string {
  return setting === "" ? label : `${label}: ${setting}`;
}

function readName(entry: unknown): string | undefined {
  return readText(entry, "name") ?? readGroup(entry);
}

function readGroup(entry: unknown): string | undefined {
  return readText(entry, "group");
}

function hasName(entry: unknown): boolean {
  return readText(entry, "name") !== undefined;
}

function readText(entry: unknown, setting: string): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const value: unknown = Reflect.get(entry, setting);
  return typeof value === "string" && value !== "" ? value : undefined;
}
