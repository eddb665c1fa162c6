import { PRODUCT } from "../../functions/core/version.ts";

/** Returns the command that runs this program with the same arguments, for a shell. */
export function formatCommandLine(args: readonly string[]): string {
  return ["npx", PRODUCT, ...args.map(quoteArgument)].join(" ");
}

function quoteArgument(argument: string): string {
  if (/^[\w./:=,@%+-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
