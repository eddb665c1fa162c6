import pc from "picocolors";
import { formatTable } from "../../simulation/format-table.ts";

/** Prints the name of a figure and what it means. */
export function printHeading(title: string, meaning: string): void {
  console.log(`\n${pc.bold(title)}\n${pc.dim(meaning)}`);
}

/** Prints rows below a header. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  for (const line of formatTable([header, ...rows], "  ")) console.log(line);
}
