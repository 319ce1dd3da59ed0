/** Opens and names the images that options select. */

import type { ImageDataset } from "../data/dataset.ts";
import { readSample } from "../data/read-sample.ts";
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { ImageRequest, ImageSource } from "../recipe/image-source.ts";
import type { OpenedEmbedder } from "../runs/open-embedder.ts";
import type { ImageOptions } from "./options.ts";

/** The images that options select. */
export function imageRequest(
  { data, split, images, onBroken }: ImageOptions,
  { classes = false }: { readonly classes?: boolean } = {},
): ImageRequest {
  if (images !== undefined) return { folder: images, ...defined({ onBroken }) };
  return { split, classes, ...defined({ data, onBroken }) };
}

/** Opens images, reporting progress and skipped files. */
export function openSource(
  opened: OpenedEmbedder,
  request: ImageRequest,
  progress: ProgressSink,
): Promise<ImageSource> {
  return opened.openImages(request, {
    onProgress: (done, total) => progress.update({ label: "decoding images", done, total }),
    onReport: ({ message }) => progress.note(message),
  });
}

/** Hooks that report progress and notes; `label` names what is counted. */
export function embedHooks(progress: ProgressSink, label: string) {
  return {
    onProgress: (done: number, total: number) => progress.update({ label, done, total }),
    onNote: (message: string) => progress.note(message),
  };
}

/** A name for the images: "shapes test", or the folder. */
export function sourceName({ dataset, paths }: ImageSource): string {
  return paths === undefined ? `${dataset.name} ${dataset.split}` : dataset.name;
}

/** The name of an image: its path, or its index in the split. */
export function imageName({ paths }: ImageSource, index: number): string {
  return paths === undefined ? `#${index}` : paths[index]!;
}

/** @throws UserError (exit code 2) if the images have no classes */
export function requireClasses({ name, classNames }: ImageDataset): void {
  if (classNames.length > 1) return;
  throw usageError(
    `${name} has no classes to score; choose another set with --data, or a folder with --images`,
  );
}

/**
 * All captions of a set, and the index of the image of each caption.
 *
 * @throws UserError (exit code 2) if the set has no captions
 */
export function captionsOf({ dataset }: ImageSource): { texts: string[]; owners: number[] } {
  const texts: string[] = [];
  const owners: number[] = [];
  for (let index = 0; index < dataset.length; index++) {
    for (const caption of readSample(dataset, index).captions ?? []) {
      texts.push(caption);
      owners.push(index);
    }
  }
  if (texts.length > 0) return { texts, owners };
  throw usageError(`${dataset.name} has no captions; choose a set with captions`);
}
