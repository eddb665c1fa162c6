import type { Sandbox } from "./server.ts";

/**
 * The real handlers, whose AWS clients talk to a sandbox. The clients read the environment when they
 * are made, so it is set before the handlers are imported; there is one sandbox for a process.
 */
export async function connectHandlers({ url }: Pick<Sandbox, "url">) {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: "sandbox",
    AWS_ACCESS_KEY_ID: "sandbox",
    AWS_SECRET_ACCESS_KEY: "sandbox",
    LOG_LEVEL: "SILENT",
  });
  const { HANDLERS } = await import("../engine/handlers.ts");
  return HANDLERS;
}
