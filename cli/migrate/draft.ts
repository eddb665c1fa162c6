import { findProblems } from "../../config/problems.ts";
import type { Value } from "../../config/reference-values.ts";
import type { SettingProblem } from "../../config/remark.ts";
import type { Target } from "../../config/settings-table.ts";
import { findWarnings } from "../../config/warnings.ts";

/** One setting of a scalers file of one cluster with one scaler. */
export interface Setting {
  target: Target;
  value: Value;
  /** What a reader of the file should know about it, a sentence each. */
  comments: string[];
}

/** What there is to say about one setting. */
export interface DraftProblem {
  target: Target;
  what: string;
}

/** What keeps settings from being deployed, and what is odd about them. */
export function checkDraft(settings: readonly Setting[]): {
  problems: DraftProblem[];
  warnings: DraftProblem[];
} {
  const file = fileOf(settings);
  return {
    problems: findProblems(file).map(sayingOf),
    warnings: findWarnings(file).map(sayingOf),
  };
}

/** The settings of a cluster or a scaler, by their path there: `["scaleIn", "cooldown"]`. */
export function splitTarget(target: Target): string[] {
  return target.split(".").slice(1);
}

type Tree = { [key: string]: Tree | Value };

function fileOf(settings: readonly Setting[]): object {
  const scalers = [treeOf(settings.filter(({ target }) => target.startsWith("scaler.")))];
  const cluster = treeOf(settings.filter(({ target }) => target.startsWith("cluster.")));
  return { clusters: [{ ...cluster, scalers }] };
}

function treeOf(settings: readonly Setting[]): Tree {
  const tree: Tree = {};
  for (const { target, value } of settings) put(tree, splitTarget(target), value);
  return tree;
}

function put(tree: Tree, [key = "", ...rest]: readonly string[], value: Value): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const under = tree[key];
  const branch: Tree = typeof under === "object" ? under : {};
  tree[key] = branch;
  put(branch, rest, value);
}

function sayingOf({ path, what }: SettingProblem): DraftProblem {
  const [, , key, index, ...rest] = path;
  const target: Target =
    key === "scalers" && index === 0 ? `scaler.${rest.join(".")}` : `cluster.${String(key)}`;
  return { target, what };
}
