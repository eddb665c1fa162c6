import { Command, Option } from "commander";
import { describe, expect, test } from "vitest";
import { addHelpEnd, HELP } from "../../../cli/terminal/help.ts";

/** The help of a command with all kinds of options, in a terminal of a width. */
function readHelp(columns: number): string[] {
  const command = new Command("go")
    .configureHelp(HELP)
    .configureOutput({ getOutHelpWidth: () => columns })
    .description("a description that is so long that it does not fit into one line of 60 columns")
    .argument("[file]", "the file", "scalers.yml")
    .optionsGroup("What:")
    .option("--list <name...>", "several names", ["a", "b"])
    .option("--none <name...>", "no name by default", [])
    .option("--switch", "on or off")
    .addOption(new Option("--from <date>", "first day").default(5, "2026-01-05"))
    .addOption(new Option("--which <name>", "one of two").choices(["x", "y"]).default("x"))
    .addOption(new Option("--interval <time>", "time").default(undefined, "the definition's"))
    .option("--an-option-with-a-very-long-name <number>", "its description is below it, wrapped");
  let text = "";
  addHelpEnd(command, {
    lists: [{ title: "Things:", items: [["one", "the first"]] }],
    paragraphs: ["A paragraph that is so long that it does not fit into one line of 60 columns."],
    examples: [
      { about: "The first example.", args: "go --list a" },
      { about: "Another one.", args: "go", before: "TOKEN=..." },
    ],
  });
  command.configureOutput({
    getOutHelpWidth: () => columns,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.split("\n");
}

describe("the help of a command", () => {
  test("shows defaults as a person writes them, and none for an empty list and a switch", () => {
    const lines = readHelp(100);
    expect(lines.filter((line) => line.startsWith("  -") || line.startsWith("  file"))).toEqual([
      "  file                            the file (default: scalers.yml)",
      "  --list <name...>                several names (default: a, b)",
      "  --none <name...>                no name by default",
      "  --switch                        on or off",
      "  --from <date>                   first day (default: 2026-01-05)",
      "  --which <name>                  one of two (choices: x, y; default: x)",
      "  --interval <time>               time (default: the definition's)",
      "  --an-option-with-a-very-long-name <number>",
      "  -h, --help                      display help for command",
    ]);
    expect(lines).toContain("What:");
  });

  test("is wrapped at spaces, also in a narrow terminal", () => {
    const lines = readHelp(60);
    const wide = lines.filter((line) => line.length > 60);
    expect(wide).toEqual([]);
    const start = lines.findIndex((line) => line.includes("--an-option"));
    expect(lines.slice(start, start + 3)).toEqual([
      "  --an-option-with-a-very-long-name <number>",
      "                                  its description is below",
      "                                  it, wrapped",
    ]);
  });

  test("ends with lists, paragraphs and examples", () => {
    const lines = readHelp(60);
    expect(lines.slice(lines.indexOf("Things:"))).toEqual([
      "Things:",
      "  one  the first",
      "",
      "A paragraph that is so long that it does not fit into one",
      "line of 60 columns.",
      "",
      "Examples:",
      "  # The first example.",
      "  npx buildkite-scaling-loop go --list a",
      "  # Another one.",
      "  TOKEN=... npx buildkite-scaling-loop go",
      "",
    ]);
  });
});
