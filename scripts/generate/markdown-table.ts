/** Returns a Markdown table. The first row is the header. */
export function formatMarkdownTable([
  header = [],
  ...rows
]: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map(formatRow).join("\n");
}

function formatRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Returns a text as inline code. */
export function formatCode(text: string): string {
  return `\`${text}\``;
}

/** Returns texts as sentences: each starts with a capital letter and ends with a full stop. */
export function formatSentences(...texts: readonly (string | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined)
    .map((text) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)
    .join(" ");
}
