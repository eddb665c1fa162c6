const emitWarning = process.emitWarning;

/**
 * The engine waits for a time that is past with a negative timeout. Step Functions just goes on, and
 * so does Node, but with a warning that would stand in the middle of what a user reads.
 */
export function silencePastTimerWarnings(): void {
  Reflect.set(process, "emitWarning", (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] !== "TimeoutNegativeWarning")
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  });
}
