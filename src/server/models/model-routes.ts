/** The routes of checkpoints: a posted text is answered with its routing, after messages of progress. */
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { stream } from "hono/streaming";
import * as z from "zod";
import { UserError } from "../../graph/errors.ts";
import type { ModelMessage } from "../../inspect/types/view.ts";
import type { ServedModels } from "./served-models.ts";

/** Longest request, bytes, and longest text, characters. */
const MAX_BODY = 2 ** 18;
const MAX_TEXT = 20_000;
/** Least time between two messages of progress, milliseconds. */
const INTERVAL = 200;

const bodySchema = z.strictObject({ text: z.string().max(MAX_TEXT) });

/** Addresses that take POST. */
export const MODEL_POSTS = /^\/data\/models\/[^/]+\/routing$/;

/** Adds `POST /data/models/:id/routing` with `{ text }`; the answer has one JSON message a line. */
export function addModelRoutes(app: Hono, models: ServedModels): void {
  const tooLong = (c: Context) => c.text(`the request has more than ${MAX_BODY} bytes\n`, 413);
  app.post(
    "/data/models/:id/routing",
    bodyLimit({ maxSize: MAX_BODY, onError: tooLong }),
    async (c) => {
      const body = bodySchema.safeParse(await c.req.json().catch(() => undefined));
      if (!body.success) {
        return c.text(
          `the body must be {"text": "..."} with at most ${MAX_TEXT} characters\n`,
          400,
        );
      }
      if (models.busy)
        return c.text("another text is being read; try again when it is done\n", 503);
      const messages = models.read(c.req.param("id"), body.data.text);
      if (messages === undefined) return c.notFound();
      // The first message starts the work, so that no other request comes between.
      const first = messages.next();
      c.header("Content-Type", "application/x-ndjson; charset=utf-8");
      c.header("Cache-Control", "no-store");
      return stream(c, async (out) => {
        const write = (message: ModelMessage) => out.writeln(JSON.stringify(message));
        let written = Number.NEGATIVE_INFINITY;
        try {
          for (let next = await first; !next.done; next = await messages.next()) {
            const isProgress = "progress" in next.value;
            if (isProgress && performance.now() - written < INTERVAL) continue;
            if (isProgress) written = performance.now();
            await write(next.value);
          }
        } catch (error) {
          const { message } = error as Error;
          await write({ error: error instanceof UserError ? message : `it failed: ${message}` });
        }
      });
    },
  );
}
