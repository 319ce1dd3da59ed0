/** Images of the playground: the run's and the user's. */
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

/** Maximum number of images that the user can add. */
const mostOwn = 64;

/** The user's images, newest first; they are kept while the page is open. */
export const ownImages = signal<readonly GivenImage[]>([]);

/** The error of the last file, if any. */
export const imageProblem = signal<string | undefined>(undefined);

/** Adds files to the user's images. */
export async function addFiles(files: Iterable<File>): Promise<void> {
  imageProblem.value = undefined;
  for (const file of files) {
    try {
      const image = await readImage(file, file.name || "the image");
      const added = { image, name: file.name || "pasted image", own: true };
      ownImages.value = [added, ...ownImages.value].slice(0, mostOwn);
    } catch (error) {
      imageProblem.value = messageOf(error);
    }
  }
}

/** All images: the user's, then the images of the run's record. */
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
