/** What the page and the worker say to each other. */

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

/** What a model may be asked: argument and answer of each method. */
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

/** One question, with its number. */
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

/** Bytes that have come, of all files together; `total` is unknown where the server does not say. */
export interface OpenProgress {
  readonly loaded: number;
  readonly total?: number;
}

/** A failure as one sentence; `user` where the input is at fault. */
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
