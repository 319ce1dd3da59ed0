/** The schema of recipes and of `config.yaml`. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { exclusiveKeys } from "../config/exclusive-keys.ts";
import { path } from "../data/settings/files.ts";
import { loraSchema, scheduleSchema } from "../learn/fit/settings.ts";
import { modelSchema } from "../models/systems.ts";
import { algorithmSchema } from "../tasks/classification/algorithm-config.ts";
import { dataSchema } from "./data-config.ts";
import { initFromSchema } from "./init-from/init-from-config.ts";
import { optimizerSchema } from "./optimizer-config.ts";

/** Default size of the folder of `train.cache_frozen`, at most. */
export const CACHE_GIGABYTES = 10;

const train = z
  .strictObject({
    batch_size: z.int().positive().default(64).describe("Samples per batch."),
    samples_per_domain: z
      .int()
      .positive()
      .optional()
      .describe(
        "Samples of each training domain in a batch; replaces `batch_size`. Evaluations report the accuracy of each domain, and the mean over the training domains chooses the checkpoint.",
      ),
    algorithm: algorithmSchema
      .optional()
      .describe("Algorithm that learns classes from several domains. Default `erm`."),
    in_split_samples: z
      .int()
      .positive()
      .optional()
      .describe("Training samples of each domain that evaluations score. Default: all."),
    max_steps: z
      .int()
      .positive()
      .optional()
      .describe(
        "Length of the training, in steps; either this or `epochs` is required, and the later layer wins.",
      ),
    epochs: z
      .int()
      .positive()
      .optional()
      .describe(
        "Length of the training, in passes over the training split; rounded up to whole updates.",
      ),
    accumulation_steps: z
      .int()
      .positive()
      .default(1)
      .describe("Batches per update; their gradients are those of one batch with all samples."),
    grad_cache: z
      .boolean()
      .default(false)
      .describe(
        "Whether a loss that compares samples treats the batches of an update as one batch (GradCache).",
      ),
    label_smoothing: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe("Probability mass spread evenly over all classes, 0 to below 1."),
    lora: loraSchema
      .optional()
      .describe(
        "Low-rank adapters of linear layers (LoRA, arXiv:2106.09685) that train instead of the model. Default: the model trains.",
      ),
    clip_norm: z
      .number()
      .positive()
      .optional()
      .describe("Maximum norm of gradients. Default: no clipping."),
    ema_decay: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe(
        "Decay of the moving average of weights, which evaluation uses. Default: no average.",
      ),
    eval_every: z
      .int()
      .positive()
      .optional()
      .describe("Steps between validations; the last step is always validated."),
    eval_every_epochs: z.int().positive().optional().describe("Epochs between validations."),
    choose_from_step: z
      .int()
      .positive()
      .optional()
      .describe("First step whose checkpoint may be chosen; the last step always may."),
    checkpoint_every: z
      .int()
      .positive()
      .optional()
      .describe("Steps between checkpoints; by default at every validation."),
    keep_checkpoints: z
      .int()
      .positive()
      .default(2)
      .describe("Number of newest checkpoints to keep besides the best."),
    early_stopping: z
      .int()
      .positive()
      .optional()
      .describe("Number of validations without improvement after which training stops."),
    gradient_checkpointing: z
      .enum(["none", "blocks"])
      .default("none")
      .describe(
        "Segments that the backward pass recomputes instead of storing: less memory, more time.",
      ),
    cache_frozen: z
      .union([
        z.boolean(),
        z.strictObject({
          views: z
            .int()
            .positive()
            .max(1024)
            .optional()
            .describe(
              "Augmented versions of each image: epoch e trains on version e mod `views`. Required if `data.augment` is random.",
            ),
          folder: path
            .optional()
            .describe(
              "Folder of the cache; by default `features` in MOESAIC_CACHE or ~/.cache/moesaic.",
            ),
          max_gigabytes: z
            .number()
            .positive()
            .default(CACHE_GIGABYTES)
            .describe(
              "Size of the folder, at most; the cache that was unused for longest is removed.",
            ),
        }),
      ])
      .default(false)
      .describe(
        "Whether what frozen parameters compute from a sample is computed once and kept on disk.",
      ),
    log_every: z.int().positive().default(1).describe("Steps between logged scalars."),
    log_experts_every: z
      .int()
      .positive()
      .default(50)
      .describe("Steps between logged loads of experts."),
  })
  .register(exclusiveKeys, [
    ["max_steps", "epochs"],
    ["eval_every", "eval_every_epochs"],
  ]);

const runtime = z.strictObject({
  threads: z
    .int()
    .positive()
    .max(64)
    .optional()
    .describe("Threads of the computation; by default all cores, at most 16."),
  provider: z
    .enum(["cpu", "cuda", "webgpu"])
    .default("cpu")
    .describe("Processor of the computation: cpu, cuda or webgpu."),
});

export const trainConfigSchema = z.strictObject({
  recipe: z.string().describe("Name of the recipe; by default the name of the file."),
  plugins: z
    .array(z.string().min(1))
    .optional()
    .describe(
      "Modules with definitions of routers, losses, systems and data sets: paths or package names.",
    ),
  seed: z
    .int()
    .nonnegative()
    .default(0)
    .describe("Seed of all random numbers: weights, order of samples, noise."),
  model: modelSchema.register(z.globalRegistry, { description: "System to train, and its sizes." }),
  init_from: initFromSchema.optional().describe("Initial weights. Default: freshly initialised."),
  data: dataSchema.register(z.globalRegistry, {
    description: "Data set, and how its samples are prepared.",
  }),
  optimizer: optimizerSchema
    .prefault({ name: "adamw" })
    .describe("Optimizer and its settings; AdamW by default."),
  schedule: scheduleSchema.prefault({}).describe("Learning rate over the steps."),
  train: train
    .prefault({})
    .describe("Length, batches, validations and checkpoints of the training."),
  runtime: runtime.prefault({}).describe("Where the training computes."),
});

export type TrainConfig = CamelCased<z.output<typeof trainConfigSchema>>;
