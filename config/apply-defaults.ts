import { defaultsSchema } from "./file-schema.ts";
import { ENTRY_DEPTH, getValue, isMapping, type Mapping, type Path } from "./setting-path.ts";

/**
 * Returns the file with its `defaults` in every entry: an entry's own settings win over its cluster's
 * defaults, and these over the file's. scaleIn, scaleOut and danglingCheck are merged setting by
 * setting. Data that does not have the shape of a scalers file is returned unchanged.
 */
export function applyDefaults(file: unknown): unknown {
  if (!isMapping(file) || !Array.isArray(file.clusters)) return file;
  const shared = readDefaults(file);
  return { ...file, clusters: file.clusters.map((cluster) => fillCluster(cluster, shared)) };
}

function fillCluster(cluster: unknown, shared: Mapping): unknown {
  if (!isMapping(cluster) || !Array.isArray(cluster.scalers)) return cluster;
  const defaults = mergeSettings(shared, readDefaults(cluster));
  const scalers = cluster.scalers.map((entry) =>
    isMapping(entry) ? mergeSettings(defaults, entry) : entry,
  );
  return { ...cluster, scalers };
}

/** Unknown settings are left out: they are reported once, in `defaults`, and not in every entry. */
function readDefaults(holder: Mapping): Mapping {
  if (!isMapping(holder.defaults)) return {};
  const known = Object.entries(holder.defaults).filter(([key]) => isDefaultSetting(key));
  return Object.fromEntries(known);
}

function isDefaultSetting(setting: string | number | undefined): boolean {
  return setting !== undefined && Object.hasOwn(defaultsSchema.entries, setting);
}

function mergeSettings(under: Mapping, over: Mapping): Mapping {
  const own = Object.entries(over).map(([key, value]) => {
    const base = under[key];
    return [key, isMapping(value) && isMapping(base) ? mergeSettings(base, value) : value];
  });
  const inherited = Object.entries(under).filter(([key]) => !Object.hasOwn(over, key));
  return Object.fromEntries([...own, ...inherited]);
}

/**
 * Finds where a setting of an entry was written: in the entry itself, in its cluster's defaults or in
 * the file's. `involved` are other settings of the entry that take part in the problem; the result is
 * then the nearest of the three places in which any of the settings was written.
 */
export function locateSetting(file: unknown, path: Path, involved: readonly Path[] = []): Path {
  const [clusters, , scalers, , setting] = path;
  if (clusters !== "clusters" || scalers !== "scalers" || !isDefaultSetting(setting)) return path;
  const holders: Path[] = [
    path.slice(0, ENTRY_DEPTH),
    [...path.slice(0, 2), "defaults"],
    ["defaults"],
  ];
  const settings = [path.slice(ENTRY_DEPTH), ...involved];
  const holder = holders.find((place) =>
    settings.some((each) => getValue(file, [...place, ...each]) !== undefined),
  );
  return holder === undefined ? path : [...holder, ...path.slice(ENTRY_DEPTH)];
}
