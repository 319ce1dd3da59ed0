/** The worker that runs a model, so that the page stays responsive. */
import { UserError } from "moesaic/graph";
import type { LiveModel } from "moesaic/live";
import { loadModel } from "./load-model.ts";
import {
  type CallMessage,
  type Failure,
  liveMethods,
  type WorkerReply,
  type WorkerRequest,
} from "./messages.ts";

/** The used part of the worker's global scope; the DOM library does not declare it. */
interface WorkerScope {
  postMessage(reply: WorkerReply, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const running = new Map<number, AbortController>();
let model: LiveModel | undefined;

scope.onmessage = ({ data: request }) => {
  switch (request.type) {
    case "open":
      void open(request.base);
      break;
    case "call":
      void answer(request);
      break;
    case "abort":
      running.get(request.id)?.abort();
      break;
  }
};

async function open(base: string): Promise<void> {
  try {
    const opened = await loadModel(base, (progress) =>
      scope.postMessage({ type: "progress", progress }),
    );
    model = opened;
    const methods = liveMethods.filter((method) => opened[method] !== undefined);
    const { spec, similarity } = opened;
    scope.postMessage({ type: "opened", spec, methods, ...(similarity && { similarity }) });
  } catch (error) {
    scope.postMessage({ type: "refused", failure: failureOf(error) });
  }
}

async function answer(call: CallMessage): Promise<void> {
  const { id } = call;
  const abort = new AbortController();
  running.set(id, abort);
  try {
    const value = await ask(model!, call, abort.signal);
    scope.postMessage({ type: "answer", id, answer: value }, buffersOf(value));
  } catch (error) {
    scope.postMessage({ type: "failed", id, failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}

function ask(model: LiveModel, call: CallMessage, signal: AbortSignal) {
  switch (call.method) {
    case "classifyImage":
      return model.classifyImage!(call.argument);
    case "classifyText":
      return model.classifyText!(call.argument);
    case "embedImage":
      return model.embedImage!(call.argument);
    case "embedText":
      return model.embedText!(call.argument);
    case "generate":
      return model.generate!(call.argument, {
        signal,
        onText: (text) => scope.postMessage({ type: "text", id: call.id, text }),
      });
  }
}

/** Buffers of a result, transferred to the page without a copy. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const visit = (part: unknown): void => {
    if (part instanceof Float32Array) found.add(part.buffer as ArrayBuffer);
    else if (Array.isArray(part)) {
      if (typeof part[0] === "object") part.forEach(visit);
    } else if (typeof part === "object" && part !== null) Object.values(part).forEach(visit);
  };
  visit(value);
  return [...found];
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  return { message, user: error instanceof UserError };
}
