#!/usr/bin/env node
import { Command } from "commander";
import { PRODUCT, VERSION } from "../functions/core/version.ts";
import { addCompletion } from "./completion/command.ts";
import { addCost } from "./cost/command.ts";
import { addExportBuilds } from "./export-builds/command.ts";
import { addInit } from "./init/command.ts";
import { addMigrate } from "./migrate/command.ts";
import { addReplay } from "./replay/command.ts";
import { addRun } from "./run/command.ts";
import { addSimulate } from "./simulate/command.ts";
import { addHelpEnd, HELP } from "./terminal/help.ts";
import { addTry } from "./try/command.ts";
import { addValidate } from "./validate/command.ts";

const program = new Command(PRODUCT)
  .description(`sizes EC2 Auto Scaling groups for Buildkite's queues`)
  .version(VERSION)
  .configureHelp(HELP)
  .showHelpAfterError("(--help lists all options)");

const GROUPS = {
  "Try it and compare, without accounts:": [addTry, addSimulate, addCost],
  "Set it up:": [addInit, addMigrate, addValidate],
  "Run it and look back:": [addRun, addReplay, addExportBuilds],
};

for (const [title, addCommands] of Object.entries(GROUPS)) {
  program.commandsGroup(title);
  for (const addCommand of addCommands) addCommand(program);
}
addCompletion(program);
addHelpEnd(program, {
  examples: [
    { about: "Watch the loop for three minutes.", args: "try" },
    { about: "The options of one command.", args: "help simulate" },
  ],
});

await program.parseAsync();
