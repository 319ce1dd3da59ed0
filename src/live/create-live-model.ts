/** Trained models that run on single inputs, in Node and in browsers. */
import { createTokenizer, type Tokenizer } from "../data/tokenizers/index.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { type ModelSettings, systemOf } from "../models/systems.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import { abilities } from "./abilities.ts";
import { forOneSample } from "./kinds.ts";
import { readLiveModelSpec, readSettings } from "./spec.ts";
import type { LiveModel, LiveModelSpec } from "./types.ts";

export interface LiveModelOptions {
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  /** Content of CLIP's vocabulary file, uncompressed; required for CLIP's tokenizer. */
  readonly vocabulary?: string;
}

/**
 * Creates a model from its settings and trained weights. Graphs are traced and sessions created on
 * first use. An answer depends only on its input: see `forOneSample` for expert capacity limits.
 *
 * @param weights tensors by name, as in checkpoints
 * @throws UserError if the settings and the weights do not match
 * const model = await createLiveModel(spec, weights, { runtime: nativeRuntime() });
 * const { probabilities, routing } = await model.classifyImage!(image);
 */
export async function createLiveModel(
  given: LiveModelSpec,
  weights: ReadonlyMap<string, NdArray>,
  { runtime, session, vocabulary }: LiveModelOptions,
): Promise<LiveModel> {
  const spec = readLiveModelSpec(given);
  const settings = forOneSample(readSettings(spec));
  checkSizes(settings, weights);
  const tokenizer = await openTokenizer(spec, vocabulary);
  const compile = { runtime, weights, ...(session && { session }) };
  const source = { spec, settings, compile, ...(tokenizer && { tokenizer }) };
  return { spec, ...(await abilities(source)) };
}

async function openTokenizer(
  { tokenizer: state }: LiveModelSpec,
  vocabulary: string | undefined,
): Promise<Tokenizer | undefined> {
  if (state?.kind === "hub") {
    return (await import("../data/tokenizers/hub.ts")).createHubTokenizer(state);
  }
  if (state?.kind !== "clip") return state && createTokenizer(state);
  if (vocabulary === undefined) {
    throw new UserError(
      "the model reads texts with CLIP's vocabulary, which is missing; export the model again",
    );
  }
  const { createClipTokenizer } = await import("../data/tokenizers/clip.ts");
  return createClipTokenizer(state, vocabulary);
}

/** Rejects settings with more layers or experts than there are weights, before tracing them. */
function checkSizes(settings: ModelSettings, { size }: ReadonlyMap<string, NdArray>): void {
  const counts = systemOf(settings).sizes(settings);
  for (const [what, count] of Object.entries(counts)) {
    if (count <= size) continue;
    throw new UserError(
      `the settings have ${count} ${what}, but there are only ${size} weights; export the model again`,
    );
  }
}
