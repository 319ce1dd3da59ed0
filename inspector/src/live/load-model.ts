/** Downloads the files of a live model and creates it, with the threads that a page may use. */

import { webRuntime } from "moesaic/browser";
import { fetchLiveModel, type LiveModel } from "moesaic/live";
import type { OpenProgress } from "./messages.ts";

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
  return fetchLiveModel(base, { runtime: webRuntime({ numThreads: numThreads() }), onProgress });
}

function numThreads(): number {
  if (!globalThis.crossOriginIsolated) return 1;
  return Math.max(1, Math.min(MOST_THREADS, navigator.hardwareConcurrency));
}
