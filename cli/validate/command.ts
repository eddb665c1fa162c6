import { type Command, Option } from "commander";
import pc from "picocolors";
import { escapeControls } from "../../config/escape-controls.ts";
import { clusterName, type LoopInput } from "../../config/loops.ts";
import { formatFileProblem, validateFile } from "../../config/validate-file.ts";
import { plural } from "../../functions/core/plural.ts";
import { addHelpEnd } from "../terminal/help.ts";

/** The file that is deployed by default. */
export const DEFAULT_FILE = "scalers.yml";

/**
 * Checks a scalers file. Prints all problems and warnings and, if there are no problems, what each
 * cluster contains and whether anything is scaled at all. Returns the exit code.
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
  if (loops.every(({ scalers }) => scalers.every(({ dryRun }) => dryRun)))
    print(`${pc.yellow("hint")} ${ALL_DRY_RUN}`);
  return 0;
}

const ALL_DRY_RUN =
  "every scaler is in dry run: a deployed loop decides and logs, and changes no group; remove dryRun to let it scale";

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
    const dryRuns = scalers.filter(({ dryRun }) => dryRun).length;
    const dryRun = dryRuns === 0 ? "" : `, ${dryRuns} in dry run`;
    return escapeControls(`${name}: ${counts.join(", ")}${dryRun}`);
  });
}

/** Registers `validate [file]`. */
export function addValidate(program: Command): void {
  const command = program
    .command("validate")
    .description("check a scalers file; with --online, also against Buildkite and AWS")
    .argument("[file]", "the scalers file", DEFAULT_FILE)
    .optionsGroup("The real world:")
    .option(
      "--online",
      "also check that the token works, the groups exist, instances answer and you may deploy; only reads",
    )
    .addOption(
      new Option("--region <name>", "AWS region for --online").default(
        undefined,
        "AWS_REGION or the profile's",
      ),
    )
    .option("--stage <name>", "stage of the deploy, for --online", "dev");
  addHelpEnd(command, { examples: EXAMPLES });
  command.action(async (file: string, flags: OnlineFlags & { online?: boolean }) => {
    const unused = flags.online ? [] : listOnlineFlags(command);
    for (const flag of unused)
      console.log(`${pc.red("error")} --${flag}: has no effect without --online; add --online`);
    process.exitCode = Math.max(validate(file, console.log), unused.length > 0 ? 1 : 0);
    if (flags.online && process.exitCode === 0)
      process.exitCode = await validateOnline(file, flags, console.log);
  });
}

/** The flags that a user wrote and that only the check with --online reads. */
function listOnlineFlags(command: Command): string[] {
  return ["region", "stage"].filter((flag) => command.getOptionValueSource(flag) === "cli");
}

const EXAMPLES = [
  { about: "Is the file right? Nothing is called.", args: "validate scalers.yml" },
  {
    about: "Do the token, the groups and the instances work, too?",
    args: "validate scalers.yml --online --region eu-west-1",
  },
];

interface OnlineFlags {
  region?: string;
  stage: string;
}

const COLOURS = { error: pc.red, warning: pc.yellow, ok: pc.green };

/** Checks a valid file against Buildkite and AWS. Returns the exit code. */
async function validateOnline(
  file: string,
  flags: OnlineFlags,
  print: (line: string) => void,
): Promise<number> {
  const chosen = flags.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (chosen !== undefined) process.env.AWS_REGION = chosen;
  // The AWS clients read the environment when they are imported.
  const { checkAwsAccess } = await import("../run/aws-access.ts");
  const access = await checkAwsAccess();
  if ("problems" in access) {
    for (const problem of access.problems) print(`${pc.red("error")} ${escapeControls(problem)}`);
    return 1;
  }
  const { checkOnline } = await import("./online/check-online.ts");
  const { loops } = validateFile(file);
  const place = { region: access.region, stage: flags.stage };
  let errors = 0;
  for await (const { level, where, what } of checkOnline(loops, place)) {
    print(`${COLOURS[level](level)} ${escapeControls(`${where}: ${what}`)}`);
    if (level === "error") errors += 1;
  }
  if (errors > 0) print(`${pc.red(plural(errors, "error"))} in ${access.region}`);
  return errors === 0 ? 0 : 1;
}
