/** Which images a command reads, and how that is said with options. */

import type { ImageDataset } from "../data/dataset.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { ImageRequest, ImageSource } from "../recipe/image-source.ts";
import type { OpenedEmbedder } from "../runs/open-embedder.ts";
import { requireSplit } from "../train/evaluate-run.ts";

export interface ImageOptions {
  readonly data?: string;
  readonly split?: string;
  readonly images?: string;
  readonly onBroken?: string;
}

/**
 * The images that options ask for.
 *
 * @throws UserError (exit code 2) for options that do not go together
 */
export function imageRequest(
  { data, split, images, onBroken }: ImageOptions,
  { classes = false }: { readonly classes?: boolean } = {},
): ImageRequest {
  const broken = onBroken === undefined ? {} : { onBroken: parseBroken(onBroken) };
  if (images === undefined) {
    const wanted = requireSplit(split ?? "test");
    return { split: wanted, classes, ...broken, ...defined({ data }) };
  }
  if (data !== undefined || split !== undefined) {
    throw usageError("--images reads a folder; leave out --data and --split");
  }
  return { folder: images, ...broken };
}

function parseBroken(name: string): "skip" | "stop" {
  if (name === "skip" || name === "stop") return name;
  throw usageError(`--on-broken is skip or stop, got ${name}`);
}

/** Opens images and tells how far that is, and what was skipped. */
export function openSource(
  opened: OpenedEmbedder,
  request: ImageRequest,
  progress: ProgressSink,
): Promise<ImageSource> {
  return opened.openImages(request, {
    onProgress: (done, total) => progress.update({ label: "decoding images", done, total }),
    onSkipped: ({ message }) => progress.note(message),
  });
}

/** Hooks that tell how many of `label` are done, and notes. */
export function embedHooks(progress: ProgressSink, label: string) {
  return {
    onProgress: (done: number, total: number) => progress.update({ label, done, total }),
    onNote: (message: string) => progress.note(message),
  };
}

/** What the images are, for people: "shapes test" or the folder. */
export function sourceName({ dataset, paths }: ImageSource): string {
  return paths === undefined ? `${dataset.name} ${dataset.split}` : dataset.name;
}

/** How an image is named: by its path, or its place in the split. */
export function imageName({ paths }: ImageSource, index: number): string {
  return paths === undefined ? `#${index}` : paths[index]!;
}

/** @throws UserError (exit code 2) for a set whose images have no classes */
export function requireClasses({ name, classNames }: ImageDataset): void {
  if (classNames.length > 1) return;
  throw usageError(
    `${name} has no classes to score; choose another set with --data, or a folder with --images`,
  );
}

/**
 * All captions of a set, and the place of the image that each belongs to.
 *
 * @throws UserError (exit code 2) for a set without captions
 */
export function captionsOf({ dataset }: ImageSource): { texts: string[]; owners: number[] } {
  const texts: string[] = [];
  const owners: number[] = [];
  for (let index = 0; index < dataset.length; index++) {
    for (const caption of dataset.get(index).captions ?? []) {
      texts.push(caption);
      owners.push(index);
    }
  }
  if (texts.length > 0) return { texts, owners };
  throw usageError(`${dataset.name} has no captions; choose a set that has some`);
}
