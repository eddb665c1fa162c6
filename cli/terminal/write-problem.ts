/**
 * Runs an attempt to write and says why it failed; returns undefined if it succeeded.
 * @throws the error itself if it is not a file system error
 */
export function findWriteProblem(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return `cannot be written: ${error.code}`;
  }
}
