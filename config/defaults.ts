import { ENTRY_DEPTH, isMapping, type Mapping, type Path, valueAt } from "./path.ts";
import { defaultsSchema } from "./schema.ts";

/**
 * The file with its defaults in every entry: the file's under the cluster's under the entry's own;
 * scaleIn, scaleOut and danglingCheck setting by setting. What is not shaped like a scalers file is
 * given back as it is.
 */
export function applyDefaults(file: unknown): unknown {
  if (!isMapping(file) || !Array.isArray(file.clusters)) return file;
  const shared = defaultsIn(file);
  return { ...file, clusters: file.clusters.map((cluster) => filled(cluster, shared)) };
}

function filled(cluster: unknown, shared: Mapping): unknown {
  if (!isMapping(cluster) || !Array.isArray(cluster.scalers)) return cluster;
  const defaults = merged(shared, defaultsIn(cluster));
  const scalers = cluster.scalers.map((entry) =>
    isMapping(entry) ? merged(defaults, entry) : entry,
  );
  return { ...cluster, scalers };
}

/** Only what defaults may hold: anything else is reported where it stands, not in every entry. */
function defaultsIn(holder: Mapping): Mapping {
  if (!isMapping(holder.defaults)) return {};
  const known = Object.entries(holder.defaults).filter(([key]) => isDefault(key));
  return Object.fromEntries(known);
}

function isDefault(setting: string | number | undefined): boolean {
  return setting !== undefined && Object.hasOwn(defaultsSchema.entries, setting);
}

function merged(under: Mapping, over: Mapping): Mapping {
  const own = Object.entries(over).map(([key, value]) => {
    const base = under[key];
    return [key, isMapping(value) && isMapping(base) ? merged(base, value) : value];
  });
  const inherited = Object.entries(under).filter(([key]) => !Object.hasOwn(over, key));
  return Object.fromEntries([...own, ...inherited]);
}

/**
 * Where a setting of an entry was written: in the entry itself, in its cluster's defaults or in the
 * file's. With `besides`, other settings of the entry that take part in what is said, it is the
 * nearest of the three places in which any of them was written.
 */
export function locateSetting(file: unknown, path: Path, besides: readonly Path[] = []): Path {
  const [clusters, , scalers, , setting] = path;
  if (clusters !== "clusters" || scalers !== "scalers" || !isDefault(setting)) return path;
  const holders: Path[] = [
    path.slice(0, ENTRY_DEPTH),
    [...path.slice(0, 2), "defaults"],
    ["defaults"],
  ];
  const settings = [path.slice(ENTRY_DEPTH), ...besides];
  const holder = holders.find((at) =>
    settings.some((one) => valueAt(file, [...at, ...one]) !== undefined),
  );
  return holder === undefined ? path : [...holder, ...path.slice(ENTRY_DEPTH)];
}
