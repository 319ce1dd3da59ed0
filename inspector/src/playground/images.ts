/** Images to ask a model about: the run's, and the reader's own. */
import { signal } from "@preact/signals";
import type { RecordedImage } from "moesaic/inspect";
import { watchedImages } from "../data/pictures.ts";
import { messageOf } from "../data/resource.ts";
import type { OpenRun } from "../data/runs.ts";
import { readImage } from "./read-image.ts";

export interface GivenImage {
  readonly image: RecordedImage;
  readonly name: string;
  readonly own: boolean;
}

/** Most pictures that the reader can add. */
const mostOwn = 64;

/** The reader's pictures, the newest first; they stay while the page is open. */
export const ownImages = signal<readonly GivenImage[]>([]);

/** Why the last file could not be read. */
export const imageProblem = signal<string | undefined>(undefined);

/** Adds files to the reader's pictures. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  imageProblem.value = undefined;
  for (const file of files) {
    try {
      const image = await readImage(file, file.name || "the picture");
      const added = { image, name: file.name || "pasted picture", own: true };
      ownImages.value = [added, ...ownImages.value].slice(0, mostOwn);
    } catch (error) {
      imageProblem.value = messageOf(error);
    }
  }
}

/** All images: the reader's own, then those that the run's record holds. */
export function givenImages(run: OpenRun, hasRecord: boolean): readonly GivenImage[] {
  const read = hasRecord ? run.record().value.value : undefined;
  if (read?.state !== "ready") return ownImages.value;
  const { predictions = [], captions = [] } = read.value;
  const watched = watchedImages(read.value).map(({ mosaic, name, scene }) => ({
    image: mosaic.image,
    name: scene === undefined ? name : `${name}, ${scene}`,
    own: false,
  }));
  const others = [...predictions, ...captions].map(({ image }, i) => ({
    image,
    name: `image ${i + 1}`,
    own: false,
  }));
  return [...ownImages.value, ...(watched.length > 0 ? watched : others)];
}
