/** The HTTP server. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { getRequestListener } from "@hono/node-server";
import { usageError } from "../graph/errors.ts";
import { errorCode } from "../runs/files.ts";
import { isLoopback } from "./access.ts";
import { createApp, type InspectorOptions } from "./create-app.ts";

export interface ServeOptions extends Omit<InspectorOptions, "signal"> {
  /** 0 for any free port. Default: the first free port from 6006. */
  readonly port?: number;
}

export interface RunningServer {
  /** URL of the page on this machine, with its token if one is required. */
  readonly url: string;
  /** URL for other machines, if the server listens on all addresses. */
  readonly remoteUrl?: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The first default port, and the number of ports tried. */
const FIRST_PORT = 6006;
const PORTS = 50;

/**
 * Serves the inspector until it is closed.
 *
 * @throws UserError if other machines could use the models, the port is taken or not permitted, or the host is not an address of this machine
 */
export async function serveRuns(options: ServeOptions): Promise<RunningServer> {
  const { host, token, port: wanted, models } = options;
  if (models !== undefined && !isLoopback(host)) {
    throw usageError(
      `checkpoints from the hub answer only the machine itself, and ${host} lets others in; drop --host`,
    );
  }
  const ending = new AbortController();
  const app = createApp({ ...options, signal: ending.signal });
  const server = createServer(getRequestListener(app.fetch));
  const ports =
    wanted === undefined ? Array.from({ length: PORTS }, (_, i) => FIRST_PORT + i) : [wanted];
  const port = await listenOnFirst(server, host, ports);
  const everywhere = ["0.0.0.0", "::"].includes(host);
  const urlOf = (name: string): string => {
    const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
    return `http://${name.includes(":") ? `[${name}]` : name}:${port}/${query}`;
  };
  return {
    url: urlOf(everywhere ? "127.0.0.1" : host),
    ...(everywhere && { remoteUrl: urlOf(hostname()) }),
    port,
    async close() {
      ending.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      models?.dispose();
    },
  };
}

async function listenOnFirst(
  server: Server,
  host: string,
  ports: readonly number[],
): Promise<number> {
  for (const port of ports) {
    const error = await listen(server, host, port);
    if (error === undefined) return (server.address() as AddressInfo).port;
    if (errorCode(error) !== "EADDRINUSE" || ports.length === 1) throw explain(error, host, port);
  }
  throw usageError(
    `ports ${ports[0]} to ${ports.at(-1)} are all taken; choose another with --port`,
  );
}

function listen(server: Server, host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => resolve(error);
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve(undefined);
    });
  });
}

function explain(error: Error, host: string, port: number): Error {
  const problem = {
    EADDRINUSE: `port ${port} is taken; choose another with --port, or drop --port`,
    EACCES: `port ${port} requires privileges; choose one from 1024 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; choose another --host`,
    ENOTFOUND: `unknown host ${host}; choose another --host`,
  }[errorCode(error) ?? ""];
  return problem === undefined ? error : usageError(problem, { cause: error });
}
