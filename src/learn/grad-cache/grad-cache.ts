/**
 * Large contrastive batches in little memory: embeddings of micro-batches are compared as one
 * batch.
 */

import { allocate, type NdArray } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { constant } from "../../graph/inputs.ts";
import { meanOver } from "../../losses/mean-over.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import { createArenaOptimizer } from "../arena-optimizer.ts";
import { rowsOf } from "../evaluator.ts";
import { parameterGroups } from "../parameter-groups.ts";
import { createMeans } from "../scalars/means.ts";
import { addScalars, type StagedObjective } from "../staged-objective.ts";
import {
  type BatchSpec,
  forwardGraph,
  GRADIENT_PREFIX,
  type Objective,
  trainingGraph,
} from "../step-graph.ts";
import { createStepMemory } from "../step-memory.ts";
import { createStepSession, type NamedArrays, readScalar, readScalars } from "../step-session.ts";
import { collect, readsArray, type TrainStepOptions, type UpdateStep } from "../train-step.ts";
import { createPool } from "../update/pool.ts";
import { createPooledStates } from "../update/pooled-states.ts";
import { findRows, gradientSpecs, ROW, ROW_GRADIENT, wholeRows } from "./row-cache.ts";

/**
 * GradCache (arXiv:2101.06983): `accumulationSteps` micro-batches make one contrastive batch with
 * the gradients of a single large batch.
 *
 * 1. `embed` runs forward on each micro-batch, and its rows are stored.
 * 2. `compare` runs on all rows: the loss, and gradients of its parameters and of the rows.
 * 3. `embed` runs once more on each micro-batch, with the random numbers and states of its first
 *    run, and `sum(rows * their gradients) + auxiliary losses` is differentiated.
 *
 * Auxiliary losses of `embed` are means over the micro-batches, as in plain accumulation; a batch
 * norm sees a micro-batch. States move once, after the update.
 *
 * @param batch the arrays of a micro-batch
 *
 * No example: recipes turn it on with `train.grad_cache`.
 */
export async function createGradCacheStep(
  stages: StagedObjective,
  batch: BatchSpec,
  options: TrainStepOptions,
): Promise<UpdateStep> {
  const { runtime, ema = false, accumulationSteps: count = 1, totalSteps } = options;
  const { groups = parameterGroups() } = options;
  const { tap, checkpoint, ...rest } = options.graph ?? {};
  const emit = { adapterOf: groups.lora?.adapterOf, ...rest };

  const embedding = forwardGraph(embedObjective(stages), batch, {
    ...{ ...emit, accumulates: true },
    ...(tap && { tap }),
  });
  const rows = findRows(embedding, count);
  const { givenFor: _, ...ofRows } = emit;
  const comparison = trainingGraph(compareObjective(stages), wholeRows(rows), {
    ...ofRows,
    trains: groups.trains,
    differentiates: (name) => rows.some((row) => row.gradients && ROW + row.name === name),
  });
  const replay = trainingGraph(
    replayObjective(stages),
    { ...batch, ...gradientSpecs(rows) },
    {
      ...{ ...emit, accumulates: true },
      trains: groups.trains,
      ...(checkpoint && { checkpoint }),
    },
  );

  const memory = createStepMemory([embedding.trace, comparison.trace], { ...options, groups });
  const { profile, ...session } = options.session ?? {};
  const shared = { runtime, memory, totalSteps, session };
  const embed = await createStepSession(embedding, shared);
  const compare = await createStepSession(comparison, shared);
  const again = await createStepSession(replay, {
    ...shared,
    session: { ...session, ...defined({ profile }) },
    movesStates: false,
  });
  const pool = await createPool(replay, shared);
  const pooledStates = await createPooledStates(embedding.trace, { ...shared, count });
  const optimizer = await createArenaOptimizer(runtime, memory.arena, options.optimizer, {
    ...session,
    ema,
  });

  const own = [...comparison.trace.parameters.values()]
    .filter(groups.trains)
    .map(({ name, shape }) => ({
      name,
      gradient: allocate("float32", shape),
      target: memory.arena.view(BUFFERS.gradients, name).data,
    }));
  const compared: NamedArrays = {
    ...Object.fromEntries(rows.map(({ name, whole }) => [ROW + name, whole])),
    ...Object.fromEntries(
      rows.flatMap(({ name, gradients }) =>
        gradients ? [[GRADIENT_PREFIX + ROW + name, gradients.whole]] : [],
      ),
    ),
    ...Object.fromEntries(own.map(({ name, gradient }) => [GRADIENT_PREFIX + name, gradient])),
  };
  const embedValue = (name: string) => readScalar(embed.values, name);

  return {
    parameters: memory.parameters,
    taps: embedding.taps,
    reads: readsArray([embedding.model, replay.model, replay.pool]),
    arena: memory.arena,
    states: memory.states,
    values: Object.fromEntries(embedding.taps.map((name) => [name, embed.values[name]!])),
    optimizer,
    lora: groups.lora,
    async accumulate(index, next) {
      const means = createMeans(embedding.terms);
      const batches = await collect(next, count);
      await pool?.run(
        batches.map(({ arrays }) => arrays),
        index,
      );
      for (const [micro, current] of batches.entries()) {
        const embedded = rows.map(({ name, parts }) => [ROW + name, parts[micro]!]);
        const outputs = { ...Object.fromEntries(embedded), ...pooledStates.outputs(micro) };
        await embed.run({ ...current.arrays, ...pool?.means, ...outputs }, { step: index, micro });
        means.add(embedValue, rowsOf(current));
      }

      await compare.run(compared, { step: index });
      // The optimizer divides sums over micro-batches by their number.
      for (const { gradients } of rows) if (gradients) scale(gradients.whole, count);
      for (const { gradient } of own) scale(gradient, count);

      for (const [micro, { arrays }] of batches.entries()) {
        const given = rows.flatMap(({ name, gradients }) =>
          gradients ? [[ROW_GRADIENT + name, gradients.parts[micro]!]] : [],
        );
        const run = () =>
          again.run(
            { ...arrays, ...pool?.means, ...Object.fromEntries(given) },
            { step: index, micro },
          );
        await (micro === 0 ? run() : memory.addingGradients(run));
      }
      // Last, because accumulation covers the whole buffer.
      for (const { gradient, target } of own) target.set(gradient.data);
      embed.moveStates();
      compare.moveStates();
      await pooledStates.move();
      const scalars = addScalars(means.result(), readScalars(comparison.scalars, compare.values));
      return { scalars, batch: batches.at(-1)! };
    },
    endProfiling: again.endProfiling,
    dispose() {
      for (const part of [optimizer, embed, compare, again, pool, pooledStates]) part?.dispose();
    },
  };
}

/**
 * The stages of a task if `gradCache` is on, else undefined.
 *
 * @throws UserError (exit code 2) if the task has no stages, or an update has one micro-batch
 */
export function cachedStages(
  {
    gradCache,
    accumulationSteps,
  }: { readonly gradCache: boolean; readonly accumulationSteps: number },
  stages: StagedObjective | undefined,
): StagedObjective | undefined {
  if (!gradCache) return undefined;
  if (stages === undefined) {
    throw usageError(
      "train.grad_cache applies to losses that compare the samples of a batch, unlike the loss of this model; drop it",
    );
  }
  if (accumulationSteps === 1) {
    throw usageError(
      "train.grad_cache joins several batches into one, but train.accumulation_steps is 1; raise it, or drop train.grad_cache",
    );
  }
  return stages;
}

/** The first pass: rows, and auxiliary losses without a main loss. */
function embedObjective({ embed }: StagedObjective): Objective {
  return (scope, batch) => {
    const rows = Object.entries(embed(scope, batch));
    return {
      loss: constant(scope.graph, 0),
      outputs: Object.fromEntries(rows.map(([name, tensor]) => [ROW + name, tensor])),
    };
  };
}

function compareObjective({ compare }: StagedObjective): Objective {
  return (scope, batch) => {
    const rows = Object.entries(batch).map(([name, tensor]) => [name.slice(ROW.length), tensor]);
    return compare(scope, Object.fromEntries(rows));
  };
}

/** The second pass: a loss with the gradients of the whole batch, `sum(rows * their gradients)`. */
function replayObjective({ embed }: StagedObjective): Objective {
  return (scope, batch) => {
    let loss = constant(scope.graph, 0);
    for (const [name, row] of Object.entries(embed(scope, batch))) {
      const gradient = batch[ROW_GRADIENT + name];
      if (gradient !== undefined) loss = add(loss, reduceSum(mul(row, gradient)));
    }
    return { loss: meanOver(loss, "samples") };
  };
}

function scale({ data }: NdArray, factor: number): void {
  for (let i = 0; i < data.length; i++) (data as Float32Array)[i]! *= factor;
}
