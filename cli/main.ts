#!/usr/bin/env node
import { Command } from "commander";
import { PRODUCT, VERSION } from "../functions/core/version.ts";
import { addCost } from "./cost/command.ts";
import { addExportBuilds } from "./export-builds/command.ts";
import { addInit } from "./init/command.ts";
import { addMigrate } from "./migrate/command.ts";
import { addReplay } from "./replay/command.ts";
import { addRun } from "./run/command.ts";
import { addSimulate } from "./simulate/command.ts";
import { addTry } from "./try/command.ts";
import { addValidate } from "./validate/command.ts";

const program = new Command(PRODUCT)
  .description(`sizes EC2 Auto Scaling groups for Buildkite's queues`)
  .version(VERSION)
  .showHelpAfterError("(--help lists all options)");

for (const addCommand of [
  addTry,
  addInit,
  addRun,
  addValidate,
  addMigrate,
  addSimulate,
  addExportBuilds,
  addReplay,
  addCost,
])
  addCommand(program);

await program.parseAsync();
