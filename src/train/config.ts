/** The schema of recipes and of `config.yaml`. */
import * as z from "zod";
import type { CamelCased } from "../config/case.ts";
import { modelSchema } from "../models/systems.ts";

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number(), z.number()]);
const size = z.union([z.int().positive(), z.tuple([z.int().positive(), z.int().positive()])]);

const augmentation = z.union([
  z.strictObject({ resize: z.strictObject({ size }) }),
  z.strictObject({
    random_crop: z.strictObject({
      padding: z.int().nonnegative().default(0),
      size: size.optional(),
    }),
  }),
  z.strictObject({ horizontal_flip: z.strictObject({ p: fraction.default(0.5) }) }),
  z.strictObject({
    color_jitter: z.strictObject({
      brightness: z.number().nonnegative().default(0),
      contrast: z.number().nonnegative().default(0),
      saturation: z.number().nonnegative().default(0),
    }),
  }),
  z.strictObject({
    random_erasing: z.strictObject({
      p: fraction.default(0.5),
      scale: range.optional(),
      ratio: range.optional(),
      value: z.number().optional(),
    }),
  }),
]);

const data = z.strictObject({
  name: z.enum(["shapes", "fashion-mnist", "mnist"]),
  /** Folder with one subfolder per data set. */
  root: z.string().optional(),
  /** Samples set aside from the training split (files), or generated (shapes). */
  validation_size: z.int().positive().optional(),
  /** Samples of the generated training and test splits. */
  train_size: z.int().positive().optional(),
  test_size: z.int().positive().optional(),
  /** Side of generated images, pixels. */
  image_size: z.int().min(16).max(1024).optional(),
  domains: z
    .array(z.enum(["flat", "outline", "noisy", "inverted"]))
    .nonempty()
    .optional(),
  /** Applied to training images, in order; evaluation images are only brought to the same size. */
  augment: z.array(augmentation).default([]),
  normalize: z.strictObject({ mean: z.array(z.number()), std: z.array(z.number().positive()) }),
  /** Threads that make batches. */
  workers: z.int().min(0).max(64).default(1),
});

const optimizer = z.discriminatedUnion("name", [
  z.strictObject({
    name: z.literal("adamw"),
    learning_rate: z.number().positive().default(1e-3),
    weight_decay: z.number().nonnegative().default(0.01),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: z.number().positive().default(1e-8),
  }),
  z.strictObject({
    name: z.literal("sgd"),
    learning_rate: z.number().positive().default(0.1),
    weight_decay: z.number().nonnegative().default(0),
    momentum: fraction.default(0.9),
    nesterov: z.boolean().default(false),
  }),
]);

const schedule = z.strictObject({
  kind: z.enum(["constant", "linear", "cosine"]).default("cosine"),
  warmup_steps: z.int().nonnegative().default(0),
  /** Factor of the learning rate at the end. */
  final: fraction.default(0),
});

const train = z.strictObject({
  batch_size: z.int().positive().default(64),
  /** One of the two says how long: steps, or passes over the training split. */
  max_steps: z.int().positive().optional(),
  epochs: z.int().positive().optional(),
  /** Batches whose gradients are averaged for one update. */
  accumulation_steps: z.int().positive().default(1),
  label_smoothing: z.number().min(0).lt(1).default(0),
  /** Norm to which gradients are clipped. */
  clip_norm: z.number().positive().optional(),
  /** Decay of the moving average of weights that evaluation uses; none by default. */
  ema_decay: z.number().min(0).lt(1).optional(),
  /** Validation every so many steps, or epochs; the last step is always validated. */
  eval_every: z.int().positive().optional(),
  eval_every_epochs: z.int().positive().optional(),
  checkpoint_every: z.int().positive().optional(),
  /** Checkpoints kept besides the best. */
  keep_checkpoints: z.int().positive().default(2),
  /** Stops after so many validations without a better score. */
  early_stopping: z.int().positive().optional(),
  /** Steps between logged scalars, and between logged loads of experts. */
  log_every: z.int().positive().default(1),
  log_experts_every: z.int().positive().default(50),
});

const runtime = z.strictObject({
  threads: z.int().positive().max(64).optional(),
  provider: z.enum(["cpu", "cuda", "webgpu"]).default("cpu"),
});

export const trainConfigSchema = z.strictObject({
  recipe: z.string(),
  seed: z.int().nonnegative().default(0),
  model: modelSchema,
  data,
  optimizer: optimizer.prefault({ name: "adamw" }),
  schedule: schedule.prefault({}),
  train: train.prefault({}),
  runtime: runtime.prefault({}),
});

export type TrainConfig = CamelCased<z.output<typeof trainConfigSchema>>;
