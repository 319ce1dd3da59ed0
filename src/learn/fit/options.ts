/** The options of `fit` and their schema. */
import * as z from "zod";
import type { SegmentOf } from "../../autodiff/checkpoint.ts";
import { camelSchema } from "../../config/camel-schema.ts";
import {
  functionSchema,
  givenSchema,
  objectWith,
  signalSchema,
} from "../../config/given-schema.ts";
import { parseSettings } from "../../config/parse-settings.ts";
import { isMap } from "../../graph/given.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import type { ScheduleOptions } from "../../optim/schedule.ts";
import type { Runtime, SessionOptions } from "../../runtime/session.ts";
import type { Weights } from "../apply/scoped-function.ts";
import type { ArrayBatch } from "../evaluator.ts";
import type { LoraSettings } from "../lora/lora.ts";
import type { ParameterRule } from "../parameter-rule.ts";
import { type ProgressSink, progressSchema } from "../progress.ts";
import type { UpdateHook } from "../run-updates.ts";
import type { FitArrays, FitData } from "./array-batches.ts";
import { loraSchema, ruleSchema, scheduleSchema } from "./settings.ts";

export interface FitOptions {
  /** Updates to run. One of `steps` and `epochs` is needed. */
  readonly steps?: number;
  /** Passes over the data. */
  readonly epochs?: number;
  /** Samples of a batch, if the data are arrays. Default 32. */
  readonly batchSize?: number;
  /** Default `adamW()`. */
  readonly optimizer?: Optimizer;
  /** Peak of the schedule. Default 1e-3. */
  readonly learningRate?: number;
  /** Default: cosine without warm-up, down to 0. */
  readonly schedule?: ScheduleOptions;
  /**
   * Decay of the parameters with two axes or more; biases, gains and other vectors do not decay
   * unless the model or `rules` set it. Default 0.01.
   */
  readonly weightDecay?: number;
  /** Settings of parameters by name; the first matching rule applies. */
  readonly rules?: readonly ParameterRule[];
  /**
   * Trains low-rank adapters of linear layers instead of the layers; the fitted model has them merged into
   * its weights. Default: no adapters.
   */
  readonly lora?: LoraSettings;
  /** Maximum norm of gradients. Default: no clipping. */
  readonly clipNorm?: number;
  /** Decay of a moving average of the weights, which the fitted model uses. Default: no average. */
  readonly emaDecay?: number;
  /** Batches per update; their gradients are averaged. Default 1. */
  readonly accumulationSteps?: number;
  /** Segments that the backward pass recomputes instead of storing, to save memory. */
  readonly checkpoint?: SegmentOf;
  /** Seed of initial weights, dropout, router noise, and the order of arrays. Default 0. */
  readonly seed?: number;
  /** Initial weights, for example from `loadWeights`. Default: freshly initialised. */
  readonly weights?: Weights;
  /** Default: ONNX Runtime's native library; in a browser, its WebAssembly build. */
  readonly runtime?: Runtime;
  /** Session options, such as threads and execution provider. */
  readonly session?: SessionOptions;
  /** Called after each update. */
  readonly onStep?: UpdateHook<ArrayBatch>;
  /** Called in order after each update; see `everySteps`. */
  readonly hooks?: readonly UpdateHook<ArrayBatch>[];
  /** Evaluation every `evaluation.every` updates and after the last update. */
  readonly evaluation?: FitEvaluation;
  /** On abort, the training ends after the current update. */
  readonly signal?: AbortSignal;
  readonly progress?: ProgressSink;
}

export interface FitEvaluation {
  readonly data: FitData | FitArrays;
  /** Updates between two evaluations. */
  readonly every: number;
  readonly onEvaluate: (evaluation: {
    /** The update after which the weights are scored, counted from 0. */
    readonly step: number;
    readonly scores: Readonly<Record<string, number>>;
  }) => unknown;
}

const session = z.strictObject({
  threads: z.int().positive().optional(),
  provider: z.enum(["cpu", "cuda", "webgpu", "wasm"]).optional(),
  spin: z.boolean().optional(),
  memoryPattern: z.boolean().optional(),
  profile: z.string().optional(),
  explain: functionSchema.optional(),
});

const schema = z.strictObject({
  steps: z.int().positive().optional(),
  epochs: z.number().positive().optional(),
  batchSize: z.int().positive().optional(),
  optimizer: objectWith("an optimizer, such as adamW(),", "moments").optional(),
  learningRate: z.number().nonnegative().optional(),
  schedule: camelSchema(scheduleSchema).optional(),
  weightDecay: z.number().nonnegative().optional(),
  rules: z.array(camelSchema(ruleSchema)).optional(),
  lora: camelSchema(loraSchema).optional(),
  clipNorm: z.number().positive().optional(),
  emaDecay: z.number().min(0).max(1).optional(),
  accumulationSteps: z.int().positive().optional(),
  checkpoint: functionSchema.optional(),
  seed: z.int().nonnegative().optional(),
  weights: givenSchema(
    "a Map of arrays, such as that of init or loadWeights (new Map(Object.entries(weights)) for an object),",
    isMap,
  ).optional(),
  runtime: objectWith("a runtime, such as nativeRuntime(),", "createSession").optional(),
  session: session.optional(),
  onStep: functionSchema.optional(),
  hooks: z.array(functionSchema).optional(),
  evaluation: z
    .strictObject({
      data: z.looseObject({}),
      every: z.int().positive(),
      onEvaluate: functionSchema,
    })
    .optional(),
  signal: signalSchema.optional(),
  progress: progressSchema.optional(),
} satisfies Record<keyof FitOptions, z.ZodType>);

/**
 * Checks the options of `fit`.
 *
 * @throws UserError (exit code 2) that names the option and its value
 */
export function checkOptions(options: unknown): void {
  parseSettings(schema, options, "options");
}
