import type { SourceFacts } from "./source-facts.ts";

/** The imports from one folder into another. */
export interface ImportArrow {
  from: string;
  to: string;
  count: number;
}

/**
 * Counts the imports between folders. Tests are left out: they import everything.
 * @param folderName returns the folder of a path
 */
export function countImports(
  files: readonly Pick<SourceFacts, "path" | "imports">[],
  folderName: (path: string) => string,
): ImportArrow[] {
  const pairs = files
    .filter(({ path }) => folderName(path) !== "test")
    .flatMap(({ path, imports }) =>
      imports.map((to) => ({ from: folderName(path), to: folderName(to) })),
    )
    .filter(({ from, to }) => from !== to);
  return [...Map.groupBy(pairs, ({ from, to }) => `${from} ${to}`).values()]
    .flatMap(([first, ...others]) => (first ? [{ ...first, count: others.length + 1 }] : []))
    .sort((a, b) => `${a.from} ${a.to}`.localeCompare(`${b.from} ${b.to}`));
}
