/** The HTTP routes: the page, its data, and live updates. */
import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { MAX_RECORD_LENGTH } from "../inspect/record/record-codec.ts";
import type { RunList } from "../inspect/types/view.ts";
import { type AccessOptions, requireHost, requireMethod, requireToken, secure } from "./access.ts";
import type { AppFiles } from "./app-files.ts";
import type { FollowedRun } from "./followed-run.ts";
import { openInside } from "./inside.ts";
import { liveMessages } from "./live-messages.ts";
import { addModelRoutes, MODEL_POSTS } from "./models/model-routes.ts";
import type { ServedModels } from "./models/served-models.ts";
import type { RunRegistry } from "./run-registry.ts";
import { streamChunks, streamFile } from "./streams.ts";

export interface InspectorOptions extends AccessOptions {
  readonly registry: RunRegistry;
  readonly files: AppFiles;
  /** Checkpoints that answer texts. */
  readonly models?: ServedModels;
  /** Stops all event streams. */
  readonly signal: AbortSignal;
}

/** Maximum number of concurrent event streams. */
const MAX_LISTENERS = 100;
/** Idle time before a keep-alive comment, milliseconds. */
const HEARTBEAT_MS = 15_000;

/** The inspector as a Hono app. */
export function createApp(options: InspectorOptions): Hono {
  const { registry, files, signal, models } = options;
  const app = new Hono();
  let listeners = 0;
  app.use(
    secure,
    requireHost(options),
    requireMethod(models && MODEL_POSTS),
    requireToken(options),
  );
  app.notFound((c) => c.text("not found\n", 404));
  app.onError((error, c) => c.text(`the run could not be read: ${error.message}\n`, 500));

  const withRun =
    (answer: (c: Context, run: FollowedRun) => Promise<Response>) => async (c: Context) => {
      const run = await registry.find(c.req.param("id") ?? "");
      return run === undefined ? c.notFound() : answer(c, run);
    };

  app.get("/data/runs.json", async (c) =>
    json(c, {
      live: true,
      runs: await registry.entries(),
      models: models?.entries ?? [],
    } satisfies RunList),
  );
  if (models !== undefined) addModelRoutes(app, models);
  app.get(
    "/data/runs/:id/run.json",
    withRun(async (c, run) => json(c, await run.view())),
  );
  app.get(
    "/data/runs/:id/metrics.json",
    withRun(async (c, run) => json(c, await run.table())),
  );
  app.get(
    "/data/runs/:id/record.json",
    withRun(async (c, run) => {
      const file = await openInside(run.path, "record.json");
      if (file === undefined || file.size > MAX_RECORD_LENGTH) {
        await file?.handle.close();
        return c.notFound();
      }
      const headers = { ...fresh, "Content-Type": jsonType };
      if (c.req.method === "HEAD") {
        await file.handle.close();
        return c.body(null, 200, headers);
      }
      return c.body(streamFile(file), 200, headers);
    }),
  );
  app.get(
    "/data/runs/:id/model/:file",
    withRun(async (c, run) => {
      const name = c.req.param("file") ?? "";
      const chunks = (await run.model.read())?.get(name);
      if (chunks === undefined) return c.notFound();
      const contentType = name.endsWith(".json") ? jsonType : "application/octet-stream";
      return c.body(streamChunks(chunks), 200, {
        ...fresh,
        "Content-Type": contentType,
      });
    }),
  );
  app.get(
    "/data/runs/:id/events",
    withRun(async (c, run) => {
      if (c.req.method === "HEAD")
        return c.body(null, 200, { "Content-Type": "text/event-stream" });
      if (listeners >= MAX_LISTENERS) return c.text("too many open event streams\n", 503);
      listeners += 1;
      const after = c.req.header("last-event-id") ?? c.req.query("after") ?? "";
      const ended = new AbortController();
      const stop = AbortSignal.any([signal, ended.signal]);
      return streamSSE(c, async (stream) => {
        stream.onAbort(() => ended.abort());
        try {
          let heard = Date.now();
          for await (const message of liveMessages(run, { after, signal: stop })) {
            if (message !== undefined) await stream.writeSSE(message);
            else if (Date.now() - heard < HEARTBEAT_MS) continue;
            else await stream.write(": alive\n\n");
            heard = Date.now();
          }
        } finally {
          listeners -= 1;
        }
      });
    }),
  );
  app.get("*", (c) => {
    const file = files.get(c.req.path === "/" ? "index.html" : c.req.path.slice(1));
    if (file === undefined) return c.notFound();
    return c.body(file.content, 200, {
      "Content-Type": file.contentType,
      "Cache-Control": file.hashed ? "max-age=31536000, immutable" : "no-cache",
    });
  });
  return app;
}

const jsonType = "application/json; charset=utf-8";
const fresh = { "Cache-Control": "no-store" } as const;

function json(c: Context, value: unknown): Response {
  return c.body(JSON.stringify(value), 200, { ...fresh, "Content-Type": jsonType });
}
