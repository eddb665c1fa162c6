import { cpus, totalmem } from "node:os";

/** Returns the machine on which the figures are measured, as one line. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown"}, ${gibibytes} GiB`;
}
