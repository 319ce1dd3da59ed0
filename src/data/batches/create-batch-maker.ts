/** Makes batches from plain options, in this thread or in a worker. */
import { defined } from "../../graph/defined.ts";
import type { Dataset } from "../dataset.ts";
import { openTokenizer } from "../tokenizers/files.ts";
import type { TokenizerState } from "../tokenizers/index.ts";
import type { TransformSpec } from "../transforms/index.ts";
import type { BatchMaker } from "./batch.ts";
import { batchMaker } from "./batch-maker.ts";

/** How batches are made, as plain data that can be sent to a worker thread. */
export interface BatchSetup {
  readonly transforms: readonly TransformSpec[];
  readonly tokenizer?: TokenizerState;
  /** Folder of data sets, which may contain the vocabulary of the tokenizer. */
  readonly root?: string;
  readonly contextLength?: number;
  /** Whether batches of images have the domain of each sample. */
  readonly domains?: boolean;
  readonly seed: number;
  readonly training: boolean;
}

/** Opens the tokenizer, if any, and creates the batch maker of a data set. */
export async function createBatchMaker(dataset: Dataset, setup: BatchSetup): Promise<BatchMaker> {
  const { tokenizer: state, root, ...options } = setup;
  const tokenizer =
    state === undefined
      ? undefined
      : await openTokenizer(state, root === undefined ? {} : { root });
  return batchMaker(dataset, { ...options, ...defined({ tokenizer }) });
}
