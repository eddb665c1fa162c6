import { parseEntry } from "../functions/core/read-scalers.ts";
import type { Scaler } from "../functions/core/scaler.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { describePath, getList, type Path } from "./setting-path.ts";
import { estimateStateBytes } from "./state-size.ts";

/** A scalers file, read once; the rules for problems and warnings look at nothing else. */
export interface ScalersFile {
  /** The whole file with its defaults in every entry. */
  full: unknown;
  clusters: FileCluster[];
  /** The entries of all clusters. */
  entries: FileEntry[];
}

/** One cluster of a scalers file. */
export interface FileCluster {
  path: Path;
  /** Its place for a person, such as `clusters[0] (main)`. */
  label: string;
  raw: unknown;
}

/** One entry of a scalers file. */
export interface FileEntry {
  path: Path;
  /** Its place for a person, such as `clusters[0] (main): scalers[2] (web)`. */
  label: string;
  /** As written, with the defaults of its file and its cluster. */
  raw: unknown;
  cluster: FileCluster;
  /** Undefined if the loop would refuse the entry. */
  scaler?: Scaler | undefined;
  /** Bytes that the entry can add to a state; undefined without a scaler. */
  stateBytes?: number | undefined;
}

/** Something wrong with, or odd about, one setting of a scalers file. */
export interface SettingProblem {
  path: Path;
  /** What is wrong and what is allowed, or what the setting leads to. */
  what: string;
  /** Other settings of the same entry that take part in it. Their paths start at the entry. */
  involved?: readonly Path[];
}

/** Reads the data of a scalers file. Never throws: data of another shape has no entries. */
export function readScalersFile(data: unknown): ScalersFile {
  const full = applyDefaults(data);
  const clusters = getList(full, ["clusters"]).map((raw, index) => {
    const path = ["clusters", index];
    return { path, label: describePath(full, path), raw };
  });
  return { full, clusters, entries: clusters.flatMap((cluster) => readEntries(full, cluster)) };
}

function readEntries(full: unknown, cluster: FileCluster): FileEntry[] {
  return getList(cluster.raw, ["scalers"]).map((raw, index) => {
    const path = [...cluster.path, "scalers", index];
    const { scaler } = parseEntry(raw);
    const stateBytes = scaler === undefined ? undefined : estimateStateBytes(raw, scaler);
    return { path, label: describePath(full, path), raw, cluster, scaler, stateBytes };
  });
}
