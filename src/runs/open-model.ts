/** Opens trained models of some systems that read or write texts. */

import type { Tokenizer } from "../data/tokenizers/index.ts";
import type { ForwardOptions } from "../evaluate/forward.ts";
import { usageError } from "../graph/errors.ts";
import type { ModelSettings, SystemName } from "../models/systems.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { sessionOptions } from "../recipe/session-options.ts";
import { openRunTokenizer } from "../recipe/tokenizer.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { Checkpoint } from "./checkpoints/checkpoint-store.ts";
import type { CheckpointChoice } from "./checkpoints/choose-checkpoint.ts";
import { openRun } from "./open-run.ts";
import { readWeights } from "./state-files.ts";

export interface OpenModelOptions {
  /** Default: the best checkpoint, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
}

/** The parts of a run from which its model is built and compiled. */
export interface OpenedModel<Name extends SystemName> {
  readonly config: TrainConfig;
  readonly checkpoint: Checkpoint;
  readonly settings: ModelSettings<Name>;
  readonly tokenizer: Tokenizer;
  /** Weights are the moving averages if the run keeps them. */
  readonly compile: Pick<ForwardOptions, "runtime" | "weights" | "session">;
}

/**
 * Opens a run for a task that only some systems support.
 *
 * @param names of these systems
 * @param lacks the missing ability of other systems, for the message, such as `does not continue texts`
 * @throws UserError (exit code 2) if the run is of another system or has no tokenizer
 */
export async function openModel<Name extends SystemName>(
  run: string,
  { names, lacks }: { readonly names: readonly Name[]; readonly lacks: string },
  { checkpoint: which = "best" }: OpenModelOptions = {},
): Promise<OpenedModel<Name>> {
  const { config, checkpoint, tokenizer } = await openRun(run, which);
  const { model, train, runtime } = config;
  if (!names.includes(model.system as Name)) {
    throw usageError(
      `${run} is a run of ${model.system}, which ${lacks}; name a run of ${names.join(" or ")}`,
    );
  }
  if (tokenizer === undefined) {
    throw usageError(`${run} has no tokenizer.json; train it again, which writes one`);
  }
  return {
    config,
    checkpoint,
    settings: model as ModelSettings<Name>,
    tokenizer: await openRunTokenizer(config, tokenizer),
    compile: {
      runtime: defaultRuntime(),
      weights: await readWeights(checkpoint.path, train.emaDecay !== undefined),
      session: sessionOptions(runtime),
    },
  };
}

/** A resource that is disposed of by a call, or at the end of a `using` block. */
export function disposable(dispose: () => void): { dispose(): void; [Symbol.dispose](): void } {
  return { dispose, [Symbol.dispose]: dispose };
}
