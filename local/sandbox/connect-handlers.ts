import { sandboxEnvironment } from "./environment.ts";
import type { Sandbox } from "./server.ts";

/**
 * Returns the real handlers, with AWS clients that call a sandbox. The clients read the environment
 * when they are created, so it is set before the handlers are imported. There is one sandbox for a
 * process.
 */
export async function connectHandlers({ url }: Pick<Sandbox, "url">) {
  Object.assign(process.env, sandboxEnvironment(url), { LOG_LEVEL: "SILENT" });
  const { HANDLERS } = await import("../engine/handlers.ts");
  return HANDLERS;
}
