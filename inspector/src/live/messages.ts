/** Messages between the page and the worker. */

import type { RecordedImage } from "moesaic/inspect";
import type {
  ClassifiedImage,
  ClassifiedText,
  EmbeddedImage,
  EmbeddedText,
  Generated,
  GenerateRequest,
  LiveModel,
  LiveModelSpec,
} from "moesaic/live";

/** Requests to a model: arguments and result of each method. */
export interface LiveCalls {
  readonly classifyImage: { readonly argument: RecordedImage; readonly answer: ClassifiedImage };
  readonly classifyText: { readonly argument: string; readonly answer: ClassifiedText };
  readonly embedImage: { readonly argument: RecordedImage; readonly answer: EmbeddedImage };
  readonly embedText: { readonly argument: string; readonly answer: EmbeddedText };
  readonly generate: { readonly argument: GenerateRequest; readonly answer: Generated };
}

export type LiveMethod = keyof LiveCalls;

export const liveMethods: readonly LiveMethod[] = [
  "classifyImage",
  "classifyText",
  "embedImage",
  "embedText",
  "generate",
];

/** One request, with its number. */
export type CallMessage = {
  readonly [Method in LiveMethod]: {
    readonly type: "call";
    readonly id: number;
    readonly method: Method;
    readonly argument: LiveCalls[Method]["argument"];
  };
}[LiveMethod];

export type WorkerRequest =
  | { readonly type: "open"; readonly base: string }
  | CallMessage
  | { readonly type: "abort"; readonly id: number };

/** Downloaded bytes of all files; `total` is unknown if the server does not report it. */
export interface OpenProgress {
  readonly loaded: number;
  readonly total?: number;
}

/** An error message; `user` is true if the input is at fault. */
export interface Failure {
  readonly message: string;
  readonly user: boolean;
}

export type WorkerReply =
  | { readonly type: "progress"; readonly progress: OpenProgress }
  | {
      readonly type: "opened";
      readonly spec: LiveModelSpec;
      readonly methods: readonly LiveMethod[];
      readonly similarity?: LiveModel["similarity"];
    }
  | { readonly type: "refused"; readonly failure: Failure }
  | { readonly type: "text"; readonly id: number; readonly text: string }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly answer: LiveCalls[LiveMethod]["answer"];
    }
  | { readonly type: "failed"; readonly id: number; readonly failure: Failure };
