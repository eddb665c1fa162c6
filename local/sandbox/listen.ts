import type { Server } from "node:http";

/**
 * Makes a server listen on this machine only, and returns its URL.
 * @param port 0 takes any free port
 * @throws Error if the port is in use
 */
export async function listenOnLocalhost(server: Server, port = 0): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("the server has no port");
  }
  return `http://127.0.0.1:${address.port}`;
}

/** Closes a server and its open connections. */
export function closeServer(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.close((error) => (error === undefined ? resolve() : reject(error)));
  server.closeAllConnections();
  return promise;
}
