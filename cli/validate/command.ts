import type { Command } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { clusterName, type LoopInput } from "../../config/loops.ts";
import { formatFileProblem, validateFile } from "../../config/validate-file.ts";
import { plural } from "../../functions/core/plural.ts";

/** The file that is deployed by default. */
export const DEFAULT_FILE = "scalers.yml";

/**
 * Checks a scalers file. Prints all problems and warnings and, if there are no problems, what each
 * cluster contains. Returns the exit code.
 */
export function validate(file: string, print: (line: string) => void): number {
  const { loops, problems, warnings } = validateFile(file);
  for (const problem of problems) print(`${pc.red("error")} ${formatFileProblem(problem)}`);
  for (const warning of warnings) print(`${pc.yellow("warning")} ${formatFileProblem(warning)}`);
  if (problems.length > 0) {
    print(`${pc.red(plural(problems.length, "error"))} in ${file}: the file cannot be deployed`);
    return 1;
  }
  for (const line of clusterLines(loops)) print(`${pc.green("ok")} ${line}`);
  return 0;
}

function clusterLines(loops: readonly LoopInput[]): string[] {
  const clusters = Map.groupBy(loops, ({ name }) => clusterName(name));
  return [...clusters].map(([name, clusterLoops]) => {
    const scalers = clusterLoops.flatMap((loop) => loop.scalers);
    const queues = new Set(scalers.flatMap(({ queue, queues = [] }) => queue ?? queues));
    const counts = [
      plural(scalers.length, "scaler"),
      plural(queues.size, "queue"),
      plural(scalers.length, "group"),
      plural(clusterLoops.length, "loop"),
    ];
    return escapeControls(`${name}: ${counts.join(", ")}`);
  });
}

/** Registers `validate [file]`. */
export function addValidate(program: Command): void {
  program
    .command("validate")
    .description("check a scalers file; nothing is deployed or called")
    .argument("[file]", "the scalers file", DEFAULT_FILE)
    .action((file: string) => {
      process.exitCode = validate(file, console.log);
    });
}
