/** Opens exported live models from URLs. */
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { Runtime } from "../../runtime/session.ts";
import { defaultWebRuntime } from "../../runtime/web/default-runtime.ts";
import { createLiveModel } from "../create-live-model.ts";
import { MAX_SPEC_LENGTH, readLiveModelSpec } from "../spec.ts";
import type { LiveModel } from "../types.ts";
import { decodeImageFile } from "./decode-image.ts";
import { download } from "./download.ts";
import type { LoadedModel } from "./predictions.ts";
import { createPredictor } from "./predictor.ts";

const MAX_WEIGHTS = 2 ** 31;
const MAX_VOCABULARY = 64 * 2 ** 20;

/** Bytes of the weights that are loaded, and their total if the server reports it. */
export interface LoadProgress {
  readonly loaded: number;
  readonly total?: number;
}

export interface FetchOptions {
  readonly runtime: Runtime | Promise<Runtime>;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/**
 * Downloads the files of a live model and creates it.
 *
 * @param folder URL of the folder
 * @throws UserError if files are missing, damaged or inconsistent
 */
export async function fetchLiveModel(
  folder: string | URL,
  { runtime: given, onProgress }: FetchOptions,
): Promise<LiveModel> {
  const base = String(folder).replace(/\/?$/, "/");
  const runtime = Promise.resolve(given); // loads during the downloads
  runtime.catch(() => undefined); // reported below, unless a download fails first
  const fetchFile = (
    name: string,
    maxBytes: number,
    report?: Parameters<typeof download>[1]["onProgress"],
  ) => download(new URL(name, base).href, { maxBytes, ...(report && { onProgress: report }) });
  const text = new TextDecoder().decode(await fetchFile("model.json", MAX_SPEC_LENGTH));
  const spec = readLiveModelSpec(parse(text));
  const files = [
    { name: "weights.safetensors", maxBytes: MAX_WEIGHTS },
    ...(spec.tokenizer?.kind === "clip"
      ? [{ name: "vocabulary.txt", maxBytes: MAX_VOCABULARY }]
      : []),
  ];
  const states = files.map((): LoadProgress => ({ loaded: 0 }));
  const [weights, vocabulary] = await Promise.all(
    files.map(({ name, maxBytes }, i) =>
      fetchFile(name, maxBytes, (loaded, total) => {
        states[i] = total === undefined ? { loaded } : { loaded, total };
        onProgress?.(sum(states));
      }),
    ),
  );
  const { tensors } = decodeSafetensors(weights!, "weights.safetensors");
  return createLiveModel(spec, tensors, {
    runtime: await runtime,
    ...(vocabulary && { vocabulary: new TextDecoder().decode(vocabulary) }),
  });
}

/** An image in a page: a file, pixels, or the URL of a file. */
export type PageImage = Blob | ImageData | RecordedImage;

/** Options of `loadModel` in pages. */
export type LoadModelOptions = Partial<FetchOptions>;

/**
 * Opens an exported live model in a page. Images are files (`Blob`), pixels (`ImageData`) or URLs.
 *
 * @param folder URL of the folder that `writeLiveModel` wrote
 * @throws UserError if files are missing, damaged or inconsistent
 * @example
 * const model = await loadModel("model/");
 * const { classes } = await model.predict(input.files[0]);
 */
export async function loadModel(
  folder: string | URL,
  { runtime = defaultWebRuntime(), ...options }: LoadModelOptions = {},
): Promise<LoadedModel<PageImage>> {
  const url = new URL(folder, globalThis.location?.href);
  return createPredictor(await fetchLiveModel(url, { runtime, ...options }), readPageImage);
}

async function readPageImage(image: PageImage | string): Promise<RecordedImage> {
  if (typeof image === "string") {
    const url = new URL(image, globalThis.location?.href).href;
    return decodeImageFile(new Blob([await download(url, { maxBytes: 2 ** 26 })]), { name: image });
  }
  if (image instanceof Blob) return decodeImageFile(image);
  return withChannels(image);
}

/** Pixels as they are; `ImageData` has four channels. */
export function withChannels(image: ImageData | RecordedImage): RecordedImage {
  if (typeof image?.width !== "number" || !ArrayBuffer.isView(image.data)) {
    throw usageError("an image must be a file, an address or pixels with width, height and data");
  }
  const { width, height, data } = image;
  const channels = "channels" in image ? image.channels : 4;
  return {
    width,
    height,
    channels,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError("model.json is not JSON; export the model again", { cause });
  }
}

function sum(states: readonly LoadProgress[]): LoadProgress {
  const loaded = states.reduce((total, state) => total + state.loaded, 0);
  if (states.some(({ total }) => total === undefined)) return { loaded };
  return { loaded, total: states.reduce((all, { total }) => all + total!, 0) };
}
