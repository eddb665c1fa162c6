import type { Fault } from "./facts.ts";

/** An error whose name is what the definition, the rules and the alarms go by. */
export class NamedFault extends Error {
  constructor(name: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** An error as a fact. One without a name of its own is a mistake in this project, and is let out. */
export function toFault(error: unknown): Fault {
  if (error instanceof NamedFault) return { error: error.name, message: error.message };
  throw error;
}

/** The text of an error that somebody else threw. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
