/** Trained models that answer single inputs, in Node and in browsers. */
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
  /** What CLIP's vocabulary file holds, unpacked, where the model's tokenizer is CLIP's. */
  readonly vocabulary?: string;
}

/**
 * A model from its settings and trained weights. Graphs are traced, and sessions made, when they are first
 * needed. An answer depends on its input alone: see `forOneSample` for limits on what experts accept.
 *
 * @param weights as checkpoints have them, by name
 * @throws UserError where the settings and the weights do not fit together
 * @example
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
  if (state?.kind !== "clip") return state && createTokenizer(state);
  if (vocabulary === undefined) {
    throw new UserError(
      "the model reads texts with CLIP's vocabulary, which was not given; export the model again",
    );
  }
  const { createClipTokenizer } = await import("../data/tokenizers/clip.ts");
  return createClipTokenizer(state, vocabulary);
}

/** Refuses settings of more layers or experts than there are weights, before they are traced one by one. */
function checkSizes(settings: ModelSettings, { size }: ReadonlyMap<string, NdArray>): void {
  const counts = systemOf(settings).sizes(settings);
  for (const [what, count] of Object.entries(counts)) {
    if (count <= size) continue;
    throw new UserError(
      `the settings have ${count} ${what}, and there are ${size} weights; export the model again`,
    );
  }
}
