import { escapeControls } from "../../config/escape-controls.ts";
import type { LoopInput } from "../../config/loops.ts";
import { formatFileProblem, validateFile } from "../../config/validate-file.ts";

/**
 * Returns the first loop of a scalers file. Prints all problems of the file and returns undefined if
 * it has any. If the file has several loops, prints which one is run.
 */
export function readFirstLoop(file: string, print: (line: string) => void): LoopInput | undefined {
  const { loops, problems } = validateFile(file);
  for (const problem of problems) print(formatFileProblem(problem));
  const [loop, ...others] = loops;
  if (loop !== undefined && others.length > 0) {
    const names = others.map(({ name }) => name).join(", ");
    print(escapeControls(`${file}: only ${loop.name} is run, not ${names}`));
  }
  return loop;
}
