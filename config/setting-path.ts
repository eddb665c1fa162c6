import { labelEntry } from "../functions/core/read-scalers.ts";

/** The keys and indices that lead from the top of a scalers file to a setting. */
export type Path = readonly (string | number)[];

/** A YAML mapping, as plain data. */
export type Mapping = Record<string, unknown>;

/** Whether a value is a mapping: neither a list nor a scalar. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the value at a path; undefined if there is none. */
export function getValue(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }, data);
}

/** Returns the list at a path; an empty list if there is none. */
export function getList(data: unknown, path: Path): unknown[] {
  const value = getValue(data, path);
  return Array.isArray(value) ? value : [];
}

/** The length of an entry's path: `clusters`, its index, `scalers`, its index. */
export const ENTRY_DEPTH = 4;

/** Describes a path for a person: `clusters[0] (main): scalers[2] (web): scaleIn.factor`. */
export function describePath(file: unknown, path: Path): string {
  const [, clusterIndex, , entryIndex] = path;
  if (path[0] !== "clusters" || typeof clusterIndex !== "number") return joinKeys(path);
  const cluster = labelCluster(clusterIndex, getValue(file, path.slice(0, 2)));
  if (path[2] !== "scalers" || typeof entryIndex !== "number") {
    return joinLabel(cluster, path.slice(2));
  }
  const entry = labelEntry(entryIndex, getValue(file, path.slice(0, ENTRY_DEPTH)));
  return joinLabel(`${cluster}: ${entry}`, path.slice(ENTRY_DEPTH));
}

function labelCluster(index: number, cluster: unknown): string {
  const name = getValue(cluster, ["name"]);
  return typeof name === "string" ? `clusters[${index}] (${name})` : `clusters[${index}]`;
}

function joinLabel(label: string, rest: Path): string {
  return rest.length === 0 ? label : `${label}: ${joinKeys(rest)}`;
}

function joinKeys(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
