/** The schema of recipes and of `config.yaml`. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { exclusiveKeys } from "../config/exclusive-keys.ts";
import { modelSchema } from "../models/systems.ts";
import { algorithmSchema } from "../tasks/classification/algorithm-config.ts";
import { dataSchema } from "./data-config.ts";
import { initFromSchema } from "./init-from-config.ts";
import { optimizerSchema, scheduleSchema } from "./optimizer-config.ts";

const train = z
  .strictObject({
    batch_size: z.int().positive().default(64),
    /**
     * Samples of each training domain in a batch, which then has no other size; every evaluation tells the
     * accuracy in each domain, and the mean over training domains chooses the checkpoint.
     */
    samples_per_domain: z.int().positive().optional(),
    /** How classes are learnt from these domains; `erm` by default. */
    algorithm: algorithmSchema.optional(),
    /** Training samples of each domain that evaluations score; all by default. */
    in_split_samples: z.int().positive().optional(),
    /**
     * One of the two says how long: steps, or passes over the training split, of which the last update may
     * do a little more.
     */
    max_steps: z.int().positive().optional(),
    epochs: z.int().positive().optional(),
    /** Batches whose gradients are averaged for one update. */
    accumulation_steps: z.int().positive().default(1),
    /** Batches of an update are compared as one, for losses that compare samples (GradCache). */
    grad_cache: z.boolean().default(false),
    label_smoothing: z.number().min(0).lt(1).default(0),
    /** Norm to which gradients are clipped. */
    clip_norm: z.number().positive().optional(),
    /** Decay of the moving average of weights that evaluation uses; none by default. */
    ema_decay: z.number().min(0).lt(1).optional(),
    /** Validation every so many steps, or epochs; the last step is always validated. */
    eval_every: z.int().positive().optional(),
    eval_every_epochs: z.int().positive().optional(),
    /** Validations before this step choose no checkpoint; that of the last step always may. */
    choose_from_step: z.int().positive().optional(),
    checkpoint_every: z.int().positive().optional(),
    /** Checkpoints kept besides the best. */
    keep_checkpoints: z.int().positive().default(2),
    /** Stops after so many validations without a better score. */
    early_stopping: z.int().positive().optional(),
    /** Segments that the backward pass computes again instead of keeping them: less memory, more time. */
    gradient_checkpointing: z.enum(["none", "blocks"]).default("none"),
    /** Steps between logged scalars, and between logged loads of experts. */
    log_every: z.int().positive().default(1),
    log_experts_every: z.int().positive().default(50),
  })
  .register(exclusiveKeys, [
    ["max_steps", "epochs"],
    ["eval_every", "eval_every_epochs"],
  ]);

const runtime = z.strictObject({
  threads: z.int().positive().max(64).optional(),
  provider: z.enum(["cpu", "cuda", "webgpu"]).default("cpu"),
});

export const trainConfigSchema = z.strictObject({
  recipe: z.string(),
  /** Modules with definitions of routers, losses, systems and data sets: paths or package names. */
  plugins: z.array(z.string().min(1)).optional(),
  seed: z.int().nonnegative().default(0),
  model: modelSchema,
  /** Initial weights. Default: freshly initialised. */
  init_from: initFromSchema.optional(),
  data: dataSchema,
  optimizer: optimizerSchema.prefault({ name: "adamw" }),
  schedule: scheduleSchema.prefault({}),
  train: train.prefault({}),
  runtime: runtime.prefault({}),
});

export type TrainConfig = CamelCased<z.output<typeof trainConfigSchema>>;
