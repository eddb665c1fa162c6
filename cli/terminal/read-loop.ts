import type { LoopInput } from "../../config/loops.ts";
import { formatFinding, validateFile } from "../../config/validate-file.ts";

/**
 * The first loop of a scalers file. Prints what is wrong with the file, all of it, and gives nothing
 * where anything is; where the file has more than one loop, prints which one it is.
 */
export function readLoop(file: string, print: (line: string) => void): LoopInput | undefined {
  const { loops, problems } = validateFile(file);
  for (const problem of problems) print(formatFinding(problem));
  const [loop, ...others] = loops;
  if (loop !== undefined && others.length > 0) {
    const names = others.map(({ name }) => name).join(", ");
    print(`${file}: only ${loop.name} is run, not ${names}`);
  }
  return loop;
}
