/** Pictures of the reader, which never leave the page. */
import type { RecordedImage } from "moesaic/inspect";
import { decodeImageFile } from "../live/index.ts";

/** Longest side that is kept, pixels; models see far less. */
const mostSide = 1024;

/**
 * The pixels of an image file, as they are decoded in Node; shrunk where the image is large.
 *
 * @throws UserError in one sentence, where the file is too large or no image
 */
export function readImage(file: Blob, name: string): Promise<RecordedImage> {
  return decodeImageFile(file, { name, mostSide });
}
