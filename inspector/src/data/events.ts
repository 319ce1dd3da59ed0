/** Follows a run by server-sent events. */
import type { LiveMessages } from "moesaic/inspect";
import { dataUrl } from "./client.ts";

export interface FollowOptions {
  /** Cursor after which events are sent. */
  readonly cursor: string;
  /** Receives events with the cursor after them. */
  readonly onMetrics: (events: LiveMessages["metrics"], cursor: string) => void;
  readonly onReset: () => void;
  readonly onState: (entry: LiveMessages["state"]) => void;
  /** Reports whether the server responds. */
  readonly onConnection: (connected: boolean) => void;
}

/** Retry delays after the browser gave up, milliseconds. */
const firstWait = 1000;
const longestWait = 10_000;
/** Events are delivered in batches, so that a fast run does not redraw for each event. */
const gatherFor = 200;

/** Follows the run until the returned function is called. */
export function followRun(id: string, options: FollowOptions): () => void {
  let cursor = options.cursor;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let wait = firstWait;
  let gathered: LiveMessages["metrics"][number][] = [];

  const flush = (): void => {
    gathering = undefined;
    const events = gathered;
    gathered = [];
    if (events.length > 0) options.onMetrics(events, cursor);
  };
  const connect = (): void => {
    source = new EventSource(
      `${dataUrl("runs", id, "events")}?after=${encodeURIComponent(cursor)}`,
    );
    source.onopen = () => {
      wait = firstWait;
      options.onConnection(true);
    };
    source.onerror = () => {
      options.onConnection(false);
      // The browser reconnects automatically unless the server responded with an error.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, wait);
      wait = Math.min(longestWait, wait * 2);
    };
    const on = <Name extends keyof LiveMessages>(
      name: Name,
      visit: (data: LiveMessages[Name]) => void,
    ): void => {
      source!.addEventListener(name, (event: MessageEvent<string>) => {
        if (event.lastEventId !== "") cursor = event.lastEventId;
        visit(JSON.parse(event.data) as LiveMessages[Name]);
      });
    };
    on("metrics", (events) => {
      gathered.push(...events);
      gathering ??= setTimeout(flush, gatherFor);
    });
    on("reset", () => {
      gathered = [];
      options.onReset();
    });
    on("state", options.onState);
  };
  connect();
  return () => {
    source?.close();
    clearTimeout(timer);
    clearTimeout(gathering);
  };
}
