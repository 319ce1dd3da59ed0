/** The schema of the options of `fit`. */
import * as z from "zod";
import { camelSchema } from "../../config/camel-schema.ts";
import { functionSchema, givenSchema } from "../../config/given-schema.ts";
import { parseSettings } from "../../config/parse-settings.ts";
import { ruleSchema, scheduleSchema } from "../settings.ts";
import type { FitOptions } from "./fit.ts";

function having(words: string, key: string): z.ZodType {
  return givenSchema(words, (value) => typeof value === "object" && value !== null && key in value);
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
  optimizer: having("an optimizer, such as adamW(),", "moments").optional(),
  learningRate: z.number().nonnegative().optional(),
  schedule: camelSchema(scheduleSchema).optional(),
  weightDecay: z.number().nonnegative().optional(),
  rules: z.array(camelSchema(ruleSchema)).optional(),
  clipNorm: z.number().positive().optional(),
  emaDecay: z.number().min(0).max(1).optional(),
  accumulationSteps: z.int().positive().optional(),
  checkpoint: functionSchema.optional(),
  seed: z.int().nonnegative().optional(),
  weights: givenSchema(
    "a Map of arrays, such as that of init or loadWeights (new Map(Object.entries(weights)) for an object),",
    (value) => value instanceof Map,
  ).optional(),
  runtime: having("a runtime, such as nativeRuntime(),", "createSession").optional(),
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
  signal: having("the signal of an AbortController", "aborted").optional(),
  progress: having("an object with the functions update and note", "update").optional(),
} satisfies Record<keyof FitOptions, z.ZodType>);

/**
 * Checks the options of `fit`.
 *
 * @throws UserError (exit code 2) that names the option and its value
 */
export function checkOptions(options: unknown): void {
  parseSettings(schema, options, "options");
}
