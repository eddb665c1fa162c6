import type { Path } from "./path.ts";

/** Something to say about one place in a scalers file. */
export interface SettingProblem {
  path: Path;
  /** What is there, and what is allowed or what comes of it. */
  what: string;
  /** Settings of the same entry that take part in it, from the entry down. */
  besides?: readonly Path[];
}
