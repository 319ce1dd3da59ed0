import { openDataset } from "../data/open.ts";
import { clipTokenizerState, openTokenizer } from "../data/tokenizers/files.ts";
import {
  type LearnOptions,
  learnTokenizer,
  type Tokenizer,
  type TokenizerState,
} from "../data/tokenizers/index.ts";
import type { TrainConfig } from "./config.ts";
import { datasetSpec } from "./data-specs.ts";

/** The tokenizer that a configuration asks for: CLIP's, or one learnt from the training texts. */
export async function prepareTokenizer({
  data,
  seed,
}: TrainConfig): Promise<TokenizerState | undefined> {
  const wanted = "tokenizer" in data ? data.tokenizer : undefined;
  if (wanted === undefined) return undefined;
  if (wanted.kind === "clip") return clipTokenizerState(rootOf(data));
  const { kind, ...given } = wanted;
  const options = given as LearnOptions; // Settings that were left out are absent, not undefined.
  const dataset = await openDataset(datasetSpec(data, "train", seed));
  switch (dataset.kind) {
    case "stream":
      return learnTokenizer(kind, [dataset.text], options);
    case "text":
      return learnTokenizer(
        kind,
        textsOf(dataset.length, (i) => [dataset.get(i).text]),
        options,
      );
    case "image":
      return learnTokenizer(
        kind,
        textsOf(dataset.length, (i) => dataset.get(i).captions ?? []),
        options,
      );
    default:
      return undefined;
  }
}

/** The tokenizer of a run, from its state. */
export function openRunTokenizer({ data }: TrainConfig, state: TokenizerState): Promise<Tokenizer> {
  return openTokenizer(state, rootOf(data));
}

function rootOf(data: TrainConfig["data"]): { root?: string } {
  return "root" in data && data.root !== undefined ? { root: data.root } : {};
}

function* textsOf(length: number, read: (index: number) => readonly string[]): Generator<string> {
  for (let index = 0; index < length; index++) yield* read(index);
}
