import { findProblems } from "../../config/problems.ts";
import { readScalersFile } from "../../config/scalers-file.ts";
import { describePath } from "../../config/setting-path.ts";
import type { Problem } from "../../functions/core/problems.ts";
import { buildCluster, type DraftSetting } from "./draft.ts";
import type { DraftCluster } from "./write-yaml.ts";

/** The settings of several scalers as clusters: scalers with the same settings of a cluster share one. */
export function mergeClusters(drafts: readonly (readonly DraftSetting[])[]): DraftCluster[] {
  const parts = drafts.map((settings) => ({
    cluster: settings.filter(({ target }) => target.startsWith("cluster.")),
    scaler: settings.filter(({ target }) => target.startsWith("scaler.")),
  }));
  const byCluster = Map.groupBy(parts, ({ cluster }) =>
    JSON.stringify(cluster.map(({ target, value }) => [target, value])),
  );
  return [...byCluster.values()].map((members, index) => ({
    settings: (members[0]?.cluster ?? []).map((setting) => numberName(setting, index)),
    scalers: members.map(({ scaler }) => scaler),
  }));
}

/** The first cluster keeps its name; the next ones are `main-2`, `main-3`. */
function numberName(setting: DraftSetting, index: number): DraftSetting {
  return setting.target === "cluster.name" && index > 0
    ? { ...setting, value: `${setting.value}-${index + 1}` }
    : setting;
}

/** Finds problems that no scaler has by itself, such as two scalers of one group. */
export function findMergeProblems(clusters: readonly DraftCluster[]): Problem[] {
  const data = {
    clusters: clusters.map(({ settings, scalers }) => buildCluster(settings, scalers)),
  };
  return findProblems(readScalersFile(data)).map(({ path, what }) => ({
    where: describePath(data, path),
    what,
  }));
}
