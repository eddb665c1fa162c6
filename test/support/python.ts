import { spawnSync } from "node:child_process";

/** The oldest Python that MiniStack runs on. */
const OLDEST_MINOR = 10;

const NAMES = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/** A Python 3.10 or later of this machine; undefined where there is none. */
export function findPython(): string | undefined {
  return NAMES.find((name) => {
    const { status, stdout } = spawnSync(name, ["--version"], { encoding: "utf8" });
    const minor = /^Python 3\.(\d+)/.exec(stdout ?? "")?.[1];
    return status === 0 && Number(minor) >= OLDEST_MINOR;
  });
}
