const COLUMN_GAP = "  ";

/**
 * Returns one line of text per row. The first column is left-aligned, all others are right-aligned,
 * and no line ends in spaces. Style whole lines afterwards: escape codes in cells count as characters.
 * @param rows the header, if there is one, is the first row
 * @param indent starts every line
 */
export function formatTable(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) => {
    const cells = row.map((cell, column) => alignCell(cell, column, widths[column] ?? 0));
    return `${indent}${cells.join(COLUMN_GAP)}`.trimEnd();
  });
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { length }] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, length);
    }
  }
  return widths;
}

function alignCell(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
