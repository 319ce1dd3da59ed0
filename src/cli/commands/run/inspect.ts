import { randomBytes } from "node:crypto";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import { isHubFolder } from "../../../pretrained/hub-folder.ts";
import {
  appFolder,
  exportRuns,
  isLoopback,
  openRuns,
  readAppFiles,
  serveModels,
  serveRuns,
} from "../../../server/index.ts";
import { type Context, printJson } from "../../context.ts";
import { openBrowser } from "../../open-browser.ts";
import type { CommonOptions } from "../../options.ts";

export interface InspectOptions extends CommonOptions {
  readonly port: number | undefined;
  readonly host: string;
  readonly token: string | undefined;
  readonly open: boolean;
  readonly out: string | undefined;
}

/** Effects that tests replace. */
export interface InspectSurroundings {
  /** Path of the built page. */
  readonly page: (note: (line: string) => void) => Promise<string>;
  readonly openBrowser: (url: string) => void;
  /** Settles when the server must stop. */
  readonly ended: () => Promise<unknown>;
}

const MIN_TOKEN = 8;

/** `moesaic inspect`: serves runs until Ctrl-C, or writes them as files. */
export async function inspectCommand(
  context: Context,
  paths: readonly string[],
  options: InspectOptions,
  surroundings: InspectSurroundings = { page: appFolder, openBrowser, ended: interrupted },
): Promise<number> {
  const { port, host, out, json } = options;
  const token = chooseToken(options);
  const folders = paths.filter(isHubFolder);
  if (folders.length > 0 && out !== undefined) {
    throw usageError(
      `${folders[0]} is a checkpoint from the hub, which files cannot answer for; drop it, or --out`,
    );
  }
  const registry = await openRuns(paths.filter((path) => !folders.includes(path)));
  const models = folders.length > 0 ? await serveModels(folders) : undefined;
  const only = folders.length === paths.length ? models?.entries : undefined;
  const hash = only?.length === 1 ? `#/model/${encodeURIComponent(only[0]!.id)}` : "";
  const files = await readAppFiles(await surroundings.page((line) => context.err.line(line)));
  if (out !== undefined) {
    const note = (line: string): void => context.err.line(line);
    const written = await exportRuns({ registry, files, out, note });
    if (json) printJson(context, { out, ...written });
    else context.err.line(`${sentence(written)} in ${out}: serve it with any web server`);
    return 0;
  }
  const server = await serveRuns({
    registry,
    files,
    host,
    ...defined({ port, token, models }),
  });
  try {
    const ended = surroundings.ended();
    const url = `${server.url}${hash}`;
    if (json) printJson(context, { url });
    else context.out.line(`inspector: ${url}`);
    if (server.remoteUrl !== undefined) {
      context.err.line(`from other machines: ${server.remoteUrl}`);
    }
    context.err.line("press Ctrl-C to stop");
    if (options.open && !json) surroundings.openBrowser(url);
    void registry.entries(); // the first request of the browser, read while it starts
    await ended;
  } finally {
    await server.close();
  }
  return 0;
}

/** The given token, or a new one if other machines can reach the server. */
function chooseToken({ host, token, out }: InspectOptions): string | undefined {
  if (token !== undefined && (token.length < MIN_TOKEN || !/^[\w.~-]+$/.test(token))) {
    throw usageError(
      `--token takes at least ${MIN_TOKEN} letters, digits or any of - _ . ~; drop it to generate one`,
    );
  }
  if (out !== undefined || token !== undefined || isLoopback(host)) return token;
  return randomBytes(18).toString("base64url");
}

function sentence({ runs, files, bytes }: Awaited<ReturnType<typeof exportRuns>>): string {
  const megabytes = (bytes / 1e6).toFixed(1);
  return `${runs} ${runs === 1 ? "run" : "runs"} as ${files} files (${megabytes} MB)`;
}

/** Settles after SIGINT or SIGTERM. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off("SIGINT", end);
      process.off("SIGTERM", end);
      resolve();
    };
    process.on("SIGINT", end);
    process.on("SIGTERM", end);
  });
}
