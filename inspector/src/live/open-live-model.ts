/** A model in a worker, from the page's side. */
import { UserError } from "moesaic/graph";
import type { LiveModel } from "moesaic/live";
import type {
  CallMessage,
  Failure,
  LiveCalls,
  LiveMethod,
  OpenProgress,
  WorkerReply,
  WorkerRequest,
} from "./messages.ts";

export interface OpenLiveModelOptions {
  readonly onProgress?: (progress: OpenProgress) => void;
  /** Aborting ends the worker while the model is opened. */
  readonly signal?: AbortSignal;
}

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
  readonly onText?: ((text: string) => void) | undefined;
}

/**
 * Opens the model whose `model.json` and `weights.safetensors` are below `base`, such as
 * `data/runs/<id>/model/`, relative to the page. `dispose` terminates the worker.
 *
 * @throws UserError if files are missing or damaged; the signal's reason if aborted
 */
export function openLiveModel(
  base: string,
  { onProgress, signal }: OpenLiveModelOptions = {},
): Promise<LiveModel> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const calls = openCalls(worker);
    const end = (reason: unknown): void => {
      worker.terminate();
      calls.rejectAll(reason);
      reject(reason);
    };
    const onAbort = (): void => end(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    worker.onerror = (event) => {
      event.preventDefault();
      end(new Error(`the model's worker failed: ${event.message || "it cannot be loaded"}`));
    };
    worker.onmessage = ({ data: reply }: MessageEvent<WorkerReply>) => {
      switch (reply.type) {
        case "progress":
          onProgress?.(reply.progress);
          break;
        case "refused":
          signal?.removeEventListener("abort", onAbort);
          end(errorOf(reply.failure));
          break;
        case "opened": {
          signal?.removeEventListener("abort", onAbort);
          const { spec, methods, similarity } = reply;
          resolve({
            spec,
            ...(similarity && { similarity }),
            ...methodsOf(methods, calls.call),
            dispose: () => end(new Error("the model was closed")),
          });
          break;
        }
        default:
          calls.take(reply);
      }
    };
    const address = new URL(base.endsWith("/") ? base : `${base}/`, document.baseURI).href;
    post(worker, { type: "open", base: address });
  });
}

interface CallOptions {
  readonly onText?: (text: string) => void;
  readonly signal?: AbortSignal;
}

type Call = <Method extends LiveMethod>(
  method: Method,
  argument: LiveCalls[Method]["argument"],
  options?: CallOptions,
) => Promise<LiveCalls[Method]["answer"]>;

/** Pending requests. */
function openCalls(worker: Worker) {
  const pending = new Map<number, Pending>();
  let next = 0;
  let closed: { readonly reason: unknown } | undefined;
  const call: Call = (method, argument, { onText, signal } = {}) => {
    if (closed !== undefined) return Promise.reject(closed.reason);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = next++;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        pending.delete(id);
        post(worker, { type: "abort", id });
        reject(signal!.reason);
      };
      const settle =
        <Value>(use: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener("abort", onAbort);
          use(value);
        };
      signal?.addEventListener("abort", onAbort, { once: true });
      pending.set(id, { resolve: settle(resolve), reject: settle(reject), onText });
      post(worker, { type: "call", id, method, argument } as CallMessage);
    });
  };
  return {
    call,
    take(reply: Extract<WorkerReply, { readonly id: number }>): void {
      const own = pending.get(reply.id);
      if (own === undefined) return; // aborted in the meantime
      if (reply.type === "text") {
        own.onText?.(reply.text);
        return;
      }
      pending.delete(reply.id);
      if (reply.type === "answer") own.resolve(reply.answer as never);
      else own.reject(errorOf(reply.failure));
    },
    rejectAll(reason: unknown): void {
      closed = { reason };
      for (const { reject } of pending.values()) reject(reason);
      pending.clear();
    },
  };
}

/** The methods that the model has. */
function methodsOf(methods: readonly LiveMethod[], call: Call): Partial<LiveModel> {
  const all = {
    classifyImage: (image) => call("classifyImage", image),
    classifyText: (text) => call("classifyText", text),
    embedImage: (image) => call("embedImage", image),
    embedText: (text) => call("embedText", text),
    generate: (request, options) => call("generate", request, options),
  } satisfies Pick<LiveModel, LiveMethod>;
  return Object.fromEntries(methods.map((method) => [method, all[method]]));
}

function post(worker: Worker, request: WorkerRequest): void {
  worker.postMessage(request);
}

function errorOf({ message, user }: Failure): Error {
  return user ? new UserError(message) : new Error(message);
}
