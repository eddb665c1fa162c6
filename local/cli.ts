#!/usr/bin/env node
import { Command } from "commander";
import { PRODUCT, VERSION } from "../functions/core/version.ts";
import { addCost } from "./commands/cost.ts";
import { addMigrate } from "./commands/migrate.ts";
import { addReplay } from "./commands/replay.ts";
import { addRun } from "./commands/run.ts";
import { addSimulate } from "./commands/simulate.ts";
import { addTry } from "./commands/try.ts";
import { addValidate } from "./commands/validate.ts";

const program = new Command("scaling-loop")
  .description(`${PRODUCT}: sizes EC2 Auto Scaling groups for Buildkite's queues`)
  .version(VERSION)
  .showHelpAfterError("(add --help for what is allowed)");

for (const add of [addTry, addRun, addValidate, addMigrate, addSimulate, addReplay, addCost])
  add(program);

await program.parseAsync();
