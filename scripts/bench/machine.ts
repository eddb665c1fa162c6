import { cpus, totalmem } from "node:os";

/** What the figures were measured on. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${cpus().length} x ${cpu?.model.trim() ?? "unknown"}, ${gibibytes} GiB`;
}
