import { spawnSync } from "node:child_process";

/** The minor version of the oldest Python 3 that MiniStack supports. */
const OLDEST_MINOR = 10;

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/** Finds a Python 3.10 or later on this machine; undefined if there is none. */
export function findPython(): string | undefined {
  return NAMES.find((name) => {
    const { status, stdout } = spawnSync(name, ["--version"], { encoding: "utf8" });
    const minor = /^Python 3\.(\d+)/.exec(stdout ?? "")?.[1];
    return status === 0 && Number(minor) >= OLDEST_MINOR;
  });
}
