/** Checks of what programs give to a training: options, a task, and the results of the task. */
import * as z from "zod";
import { functionSchema, objectWith, signalSchema } from "../config/given-schema.ts";
import { parseSettings } from "../config/parse-settings.ts";
import { usageError } from "../graph/errors.ts";
import { batch } from "../graph/shape.ts";
import { batchSpec } from "../learn/evaluator.ts";
import { progressSchema } from "../learn/progress.ts";
import { evaluationGraph } from "../learn/step-graph.ts";
import type { FullEvaluation, Task, TaskData } from "../tasks/task.ts";

/** The task of a custom model, or a function that creates it for the data of a run. */
export type GivenTask = Task | ((source: TaskData) => Task);

const optionsSchema = z.strictObject({
  runDirectory: z.string().min(1),
  resume: z.boolean().optional(),
  checkpoint: z.int().nonnegative().optional(),
  task: z.any().optional(),
  overwrite: z.boolean().optional(),
  profile: z.boolean().optional(),
  decoded: objectWith("the result of createDecodedCache", "get").optional(),
  progress: progressSchema.optional(),
  signal: signalSchema.optional(),
});

/** @throws UserError (exit code 2) that names the option of `train` */
export function checkTrainOptions(options: unknown): void {
  parseSettings(optionsSchema, options, "options");
}

const taskSchema = z.looseObject({
  objective: functionSchema,
  score: z.strictObject({ name: z.string().min(1), better: z.enum(["higher", "lower"]) }),
  samples: z.string(),
  tokensPerSample: z.number().positive(),
  numActiveExperts: z.number().nonnegative(),
  classNames: z.array(z.string()),
  evaluateFully: functionSchema,
});

/**
 * The task of a program.
 *
 * @throws UserError (exit code 2) if it is no task, or its score is none of the scalars of its objective
 */
export function makeTask(given: GivenTask, source: TaskData): Task {
  let task: unknown = given;
  try {
    if (typeof given === "function") task = given(source);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw usageError(
      `options.task failed for the data ${source.dataset.name}: ${cause.message}; it takes { dataset, fields } and returns a task, which customTask({ objective }) makes of an objective`,
      { cause },
    );
  }
  parseSettings(taskSchema, task, "options.task");
  const own = task as Task;
  if (own.stages === undefined) checkScore(own, source);
  return own;
}

function checkScore({ objective, score }: Task, { fields }: TaskData): void {
  const { scalars } = evaluationGraph(objective, batchSpec(fields, batch()));
  if (scalars.includes(score.name)) return;
  throw usageError(
    `options.task has the score ${score.name}, which its objective does not compute; it computes ${scalars.join(", ")}`,
  );
}

const evaluationSchema = z.looseObject({
  scores: z.record(z.string(), z.number().or(z.nan())),
  record: z.looseObject({}),
});

/** @throws UserError (exit code 2) if the result of `evaluateFully` lacks scores or record */
export function checkEvaluation(evaluation: unknown): asserts evaluation is FullEvaluation {
  parseSettings(evaluationSchema, evaluation, "the result of evaluateFully");
}
