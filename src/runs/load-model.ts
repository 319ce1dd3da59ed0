/** Opens trained models in Node: run directories, exported live models, and URLs of these. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BrokenImageError, decodeImage } from "../data/images/decode/decode.ts";
import { readPicture } from "../data/images/folder-files.ts";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { UserError, usageError } from "../graph/errors.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import { createLiveModel } from "../live/create-live-model.ts";
import { fetchLiveModel, withChannels } from "../live/predict/load-model.ts";
import type { LoadedModel } from "../live/predict/predictions.ts";
import { createPredictor } from "../live/predict/predictor.ts";
import { MAX_SPEC_LENGTH, readLiveModelSpec } from "../live/spec.ts";
import type { LiveModel } from "../live/types.ts";
import { defaultRuntime } from "../runtime/default-runtime.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { CheckpointChoice } from "./checkpoints/choose-checkpoint.ts";
import { exportLiveModel } from "./export-live-model.ts";

const MAX_WEIGHTS = 2 ** 31 - 1;
const MAX_VOCABULARY = 64 * 2 ** 20;

/** An image in Node: the bytes of a picture file, or pixels; a string is the path of a file. */
export type NodeImage = Uint8Array | RecordedImage;

export interface LoadModelOptions {
  /** Of a run directory: the best by default, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
  readonly session?: SessionOptions;
}

/**
 * Opens the model of a run directory, or of a folder or URL that `writeLiveModel` filled.
 *
 * @param source a path, or a URL with http, https or file
 * @throws UserError (exit code 2) if it is neither, or its model reads neither images nor texts
 * @example
 * using model = await loadModel("runs/shapes-vit-moe");
 * const { classes } = await model.predict("star.png"); // [{ label: "star", probability: 0.98 }, ...]
 * const all = await model.predict(["star.png", "circle.png"], { top: 1 });
 */
export async function loadModel(
  source: string | URL,
  options: LoadModelOptions = {},
): Promise<LoadedModel<NodeImage>> {
  return createPredictor(await openLive(source, options), readNodeImage);
}

async function openLive(
  source: string | URL,
  { checkpoint, session }: LoadModelOptions,
): Promise<LiveModel> {
  const address = String(source);
  const runtime = defaultRuntime();
  if (/^https?:\/\//.test(address)) return fetchLiveModel(address, { runtime });
  const folder = address.startsWith("file:") ? fileURLToPath(address) : address;
  const { spec, weights, vocabulary } = existsSync(join(folder, "model.json"))
    ? await readExported(folder)
    : await exportLiveModel(folder, { ...(checkpoint !== undefined && { checkpoint }) });
  return createLiveModel(spec, weights, {
    runtime,
    ...(session && { session }),
    ...(vocabulary !== undefined && { vocabulary }),
  });
}

async function readExported(folder: string) {
  const read = async (name: string, maxBytes: number): Promise<Uint8Array> => {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile()) throw usageError(`${path} is missing; export the model again`);
    if (stats.size > maxBytes) {
      throw new UserError(`${path} has ${stats.size} bytes; the limit is ${maxBytes}`);
    }
    return readFile(path);
  };
  const path = join(folder, "model.json");
  const text = new TextDecoder().decode(await read("model.json", MAX_SPEC_LENGTH));
  const spec = readLiveModelSpec(parse(text, path), path);
  const bytes = await read("weights.safetensors", MAX_WEIGHTS);
  const { tensors } = decodeSafetensors(bytes, join(folder, "weights.safetensors"));
  const vocabulary =
    spec.tokenizer?.kind === "clip"
      ? new TextDecoder().decode(await read("vocabulary.txt", MAX_VOCABULARY))
      : undefined;
  return { spec, weights: tensors, vocabulary };
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON; export the model again`, { cause });
  }
}

/**
 * Reads an image for a model.
 *
 * @throws UserError that names the picture and the reason why it cannot be decoded
 */
export async function readNodeImage(image: NodeImage | string): Promise<RecordedImage> {
  const isFile = typeof image === "string";
  if (!isFile && !(image instanceof Uint8Array)) return withChannels(image);
  try {
    return await decodeImage(isFile ? await readPicture(dirname(image), basename(image)) : image);
  } catch (cause) {
    if (!(cause instanceof BrokenImageError)) throw cause;
    const name = isFile ? image : "the image";
    throw new UserError(`${name} cannot be decoded: ${cause.message}`, { cause });
  }
}
