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
     * Samples of each training domain in a batch; replaces `batch_size`. Evaluations report the
     * accuracy of each domain, and the mean over the training domains chooses the checkpoint.
     */
    samples_per_domain: z.int().positive().optional(),
    /** Algorithm that learns classes from several domains. Default `erm`. */
    algorithm: algorithmSchema.optional(),
    /** Training samples of each domain that evaluations score. Default: all. */
    in_split_samples: z.int().positive().optional(),
    /** Length of the training, in steps; either this or `epochs` is required, and the later layer wins. */
    max_steps: z.int().positive().optional(),
    /** Length of the training, in passes over the training split; rounded up to whole updates. */
    epochs: z.int().positive().optional(),
    /** Batches per update; their gradients are those of one batch with all samples. */
    accumulation_steps: z.int().positive().default(1),
    /** Whether a loss that compares samples treats the batches of an update as one batch (GradCache). */
    grad_cache: z.boolean().default(false),
    label_smoothing: z.number().min(0).lt(1).default(0),
    /** Maximum norm of gradients. Default: no clipping. */
    clip_norm: z.number().positive().optional(),
    /** Decay of the moving average of weights, which evaluation uses. Default: no average. */
    ema_decay: z.number().min(0).lt(1).optional(),
    /** Steps between validations; the last step is always validated. */
    eval_every: z.int().positive().optional(),
    /** Epochs between validations. */
    eval_every_epochs: z.int().positive().optional(),
    /** First step whose checkpoint may be chosen; the last step always may. */
    choose_from_step: z.int().positive().optional(),
    checkpoint_every: z.int().positive().optional(),
    /** Number of newest checkpoints to keep besides the best. */
    keep_checkpoints: z.int().positive().default(2),
    /** Number of validations without improvement after which training stops. */
    early_stopping: z.int().positive().optional(),
    /** Segments that the backward pass recomputes instead of storing: less memory, more time. */
    gradient_checkpointing: z.enum(["none", "blocks"]).default("none"),
    /** Steps between logged scalars. */
    log_every: z.int().positive().default(1),
    /** Steps between logged loads of experts. */
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
