import type { Command, HelpConfiguration, Option } from "commander";
import { PRODUCT } from "../../functions/core/version.ts";
import { wrapText } from "./fit-text.ts";

const INDENT = 2;
const GAP = 2;
/** A longer term has a line of its own. */
const LONGEST_TERM = 30;
const DEFAULT_COLUMNS = 80;

/** How all commands print their help: wrapped at spaces, with defaults as a person writes them. */
export const HELP: HelpConfiguration = {
  formatItem: (term, termWidth, description, { helpWidth = DEFAULT_COLUMNS }) =>
    formatItem(term, termWidth, description, helpWidth),
  optionDescription: describeOption,
  argumentDescription: describeOption,
  // The description of a command is wrapped by commander, which leaves narrow terminals alone.
  minWidthToWrap: 20,
};

/** Formats a term with its description beside it, or below it if the term is long. */
function formatItem(term: string, termWidth: number, description: string, columns: number): string {
  const termColumns = Math.min(termWidth, LONGEST_TERM);
  const indent = " ".repeat(INDENT + termColumns + GAP);
  const lines = wrapText(description, columns - indent.length).map((line) => indent + line);
  const start = " ".repeat(INDENT) + term;
  const [first = ""] = lines;
  return term.length > termColumns
    ? [start, ...lines].join("\n")
    : [start + first.slice(start.length), ...lines.slice(1)].join("\n");
}

/** Returns the description with the choices and the default: `... (choices: any, idle; default: any)`. */
function describeOption({
  description,
  argChoices,
  defaultValue,
  defaultValueDescription,
}: Pick<
  Option,
  "description" | "argChoices" | "defaultValue" | "defaultValueDescription"
>): string {
  const shown = defaultValueDescription ?? formatDefault(defaultValue);
  const notes = [
    ...(argChoices === undefined ? [] : [`choices: ${argChoices.join(", ")}`]),
    ...(shown === "" ? [] : [`default: ${shown}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join("; ")})`;
}

/** An empty list and a switch that is off need no word. */
function formatDefault(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return value === undefined || typeof value === "boolean" ? "" : String(value);
}

/** One line that a user can copy, and what it does. */
export interface Example {
  about: string;
  /** Without `npx` and the name of the program. */
  args: string;
  /** What is written before `npx`, such as an environment variable. */
  before?: string;
}

/** A list in a help text: terms with their descriptions. */
export interface HelpList {
  title: string;
  items: readonly (readonly [term: string, description: string])[];
}

/** What follows the options in a help text. */
export interface HelpEnd {
  lists?: readonly HelpList[];
  paragraphs?: readonly string[];
  examples: readonly Example[];
}

/** Adds lists, paragraphs and examples to the end of a command's help. */
export function addHelpEnd(
  command: Command,
  { lists = [], paragraphs = [], examples }: HelpEnd,
): void {
  command.addHelpText("after", () => {
    const columns = command.configureOutput().getOutHelpWidth?.() ?? DEFAULT_COLUMNS;
    return [
      ...lists.flatMap((list) => ["", ...formatList(list, columns)]),
      ...paragraphs.flatMap((text) => ["", ...wrapText(text, columns)]),
      "",
      "Examples:",
      ...examples.flatMap((example) => formatExample(example, columns)),
    ].join("\n");
  });
}

function formatList({ title, items }: HelpList, columns: number): string[] {
  const termWidth = Math.max(...items.map(([term]) => term.length));
  return [
    ...wrapText(title, columns),
    ...items.map(([term, text]) => formatItem(term, termWidth, text, columns)),
  ];
}

function formatExample({ about, args, before }: Example, columns: number): string[] {
  const start = before === undefined ? "" : `${before} `;
  return [
    ...wrapText(about, columns - 4).map((line) => `  # ${line}`),
    `  ${start}npx ${PRODUCT} ${args}`,
  ];
}
