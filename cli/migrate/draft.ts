import { findPlaceholders, GROUP_PLACEHOLDER } from "../../config/placeholders.ts";
import { findProblems } from "../../config/problems.ts";
import type { SettingValue } from "../../config/reference-values.ts";
import { readScalersFile, type SettingProblem } from "../../config/scalers-file.ts";
import type { Target } from "../../config/settings-table.ts";
import { findWarnings } from "../../config/warnings.ts";

/** One setting of a scalers file that has one cluster with one scaler. */
export interface DraftSetting {
  target: Target;
  value: SettingValue;
  /** Remarks for the reader of the file, a sentence each. */
  comments: string[];
}

/** A problem or a warning about one setting. */
export interface DraftProblem {
  target: Target;
  what: string;
}

/** Checks settings as `validate` checks a file. */
export function checkDraft(settings: readonly DraftSetting[]): {
  problems: DraftProblem[];
  warnings: DraftProblem[];
} {
  const file = readScalersFile(buildScalersFile(settings));
  return {
    problems: [...findProblems(file), ...findPlaceholders(file, [GROUP_PLACEHOLDER])].map(
      toDraftProblem,
    ),
    warnings: findWarnings(file).map(toDraftProblem),
  };
}

/** Returns the path of a setting within its cluster or scaler: `["scaleIn", "cooldown"]`. */
export function splitTarget(target: Target): string[] {
  return target.split(".").slice(1);
}

type Tree = { [key: string]: Tree | SettingValue };

/** The settings of one scaler as data in the shape of a scalers file. */
export function buildScalersFile(settings: readonly DraftSetting[]): object {
  return { clusters: [buildCluster(settings, [settings])] };
}

/** One cluster as data: its own settings, and those of each of its scalers. */
export function buildCluster(
  settings: readonly DraftSetting[],
  scalers: readonly (readonly DraftSetting[])[],
): object {
  const select = (from: readonly DraftSetting[], kind: "cluster" | "scaler") =>
    buildTree(from.filter(({ target }) => target.startsWith(`${kind}.`)));
  return {
    ...select(settings, "cluster"),
    scalers: scalers.map((scaler) => select(scaler, "scaler")),
  };
}

function buildTree(settings: readonly DraftSetting[]): Tree {
  const tree: Tree = {};
  for (const { target, value } of settings) assignPath(tree, splitTarget(target), value);
  return tree;
}

function assignPath(tree: Tree, [key = "", ...rest]: readonly string[], value: SettingValue): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const branch: Tree = typeof child === "object" ? child : {};
  tree[key] = branch;
  assignPath(branch, rest, value);
}

function toDraftProblem({ path, what }: SettingProblem): DraftProblem {
  const [, , key, index, ...rest] = path;
  const target: Target =
    key === "scalers" && index === 0 ? `scaler.${rest.join(".")}` : `cluster.${String(key)}`;
  return { target, what };
}
