/** Downloads the files of a live model and creates it. */

import { webRuntime } from "moesaic/browser";
import { decodeSafetensors } from "moesaic/formats";
import { UserError } from "moesaic/graph";
import { createLiveModel, type LiveModel, MAX_SPEC_LENGTH, readLiveModelSpec } from "moesaic/live";
import { download } from "./download.ts";
import type { OpenProgress } from "./messages.ts";

const MAX_WEIGHTS = 2 ** 31;
const MAX_VOCABULARY = 64 * 2 ** 20;
/** Maximum number of threads; more do not speed up models of this size. */
const MOST_THREADS = 4;

/**
 * Loads the model below `base` on onnxruntime-web, with several threads if the page is cross-origin
 * isolated.
 *
 * @param base URL of the folder, ending in a slash
 * @throws UserError if files are missing, damaged or inconsistent
 */
export async function loadModel(
  base: string,
  onProgress: (progress: OpenProgress) => void,
): Promise<LiveModel> {
  const runtime = webRuntime({ numThreads: numThreads() }); // loads during the downloads
  runtime.catch(() => undefined); // reported below, unless a download fails first
  const text = new TextDecoder().decode(
    await download(new URL("model.json", base).href, { maxBytes: MAX_SPEC_LENGTH }),
  );
  const spec = readLiveModelSpec(parse(text));
  const fetched = [
    { name: "weights.safetensors", maxBytes: MAX_WEIGHTS },
    ...(spec.tokenizer?.kind === "clip"
      ? [{ name: "vocabulary.txt", maxBytes: MAX_VOCABULARY }]
      : []),
  ];
  const states = fetched.map((): OpenProgress => ({ loaded: 0 }));
  const [weights, vocabulary] = await Promise.all(
    fetched.map(({ name, maxBytes }, i) =>
      download(new URL(name, base).href, {
        maxBytes,
        onProgress: (loaded, total) => {
          states[i] = total === undefined ? { loaded } : { loaded, total };
          onProgress(sum(states));
        },
      }),
    ),
  );
  const { tensors } = decodeSafetensors(weights!, "weights.safetensors");
  return createLiveModel(spec, tensors, {
    runtime: await runtime,
    ...(vocabulary && { vocabulary: new TextDecoder().decode(vocabulary) }),
  });
}

function numThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError("model.json is not JSON; export the model again", { cause });
  }
}

function sum(states: readonly OpenProgress[]): OpenProgress {
  const loaded = states.reduce((total, state) => total + state.loaded, 0);
  if (states.some(({ total }) => total === undefined)) return { loaded };
  return { loaded, total: states.reduce((all, { total }) => all + total!, 0) };
}
