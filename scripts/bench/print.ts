import pc from "picocolors";

/** A figure's name, and what it means. */
export function printHeading(title: string, meaning: string): void {
  console.log(`\n${pc.bold(title)}\n${pc.dim(meaning)}`);
}

/** Rows under a head, right-aligned. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  ")}`;
  for (const row of [head, ...rows]) console.log(line(row));
}
