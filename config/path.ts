import { labelEntry } from "../functions/core/scaler.ts";

/** Where something stands in a file: keys and indices from the top. */
export type Path = readonly (string | number)[];

/** A YAML mapping, as plain data. */
export type Mapping = Record<string, unknown>;

/** Whether a value is a mapping: neither a list nor a scalar. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }, data);
}

/** The list at a path; an empty one where there is none. */
export function listAt(data: unknown, path: Path): unknown[] {
  const value = valueAt(data, path);
  return Array.isArray(value) ? value : [];
}

/** Settings of an entry begin here: `clusters`, its index, `scalers`, its index. */
export const ENTRY_DEPTH = 4;

/** The path of every cluster in a file. */
export function listClusterPaths(file: unknown): Path[] {
  return listAt(file, ["clusters"]).map((_, index) => ["clusters", index]);
}

/** The path of every entry of a cluster. */
export function listEntryPaths(file: unknown, cluster: Path): Path[] {
  return listAt(file, [...cluster, "scalers"]).map((_, index) => [...cluster, "scalers", index]);
}

/** A path for a person: `clusters[0] (main): scalers[2] (web): scaleIn.factor`. */
export function describePath(file: unknown, path: Path): string {
  const [, clusterIndex, , entryIndex] = path;
  if (path[0] !== "clusters" || typeof clusterIndex !== "number") return pathText(path);
  const cluster = clusterLabel(clusterIndex, valueAt(file, path.slice(0, 2)));
  if (path[2] !== "scalers" || typeof entryIndex !== "number") {
    return joined(cluster, path.slice(2));
  }
  const entry = labelEntry(entryIndex, valueAt(file, path.slice(0, ENTRY_DEPTH)));
  return joined(`${cluster}: ${entry}`, path.slice(ENTRY_DEPTH));
}

function clusterLabel(index: number, cluster: unknown): string {
  const name = valueAt(cluster, ["name"]);
  return typeof name === "string" ? `clusters[${index}] (${name})` : `clusters[${index}]`;
}

function joined(label: string, rest: Path): string {
  return rest.length === 0 ? label : `${label}: ${pathText(rest)}`;
}

function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
