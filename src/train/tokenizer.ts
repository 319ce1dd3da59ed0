import { openDataset } from "../data/open.ts";
import { clipTokenizerState } from "../data/tokenizers/files.ts";
import {
  type LearnOptions,
  learnTokenizer,
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
  if (wanted.kind === "clip") {
    const root = "root" in data ? data.root : undefined;
    return clipTokenizerState(root === undefined ? {} : { root });
  }
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

function* textsOf(length: number, read: (index: number) => readonly string[]): Generator<string> {
  for (let index = 0; index < length; index++) yield* read(index);
}
