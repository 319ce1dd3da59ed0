/** Reads the user's images, which are never uploaded. */
import type { RecordedImage } from "moesaic/inspect";
import { decodeImageFile } from "../live/index.ts";

/** Maximum side kept, pixels; models use much smaller images. */
const mostSide = 1024;

/**
 * The pixels of an image file, decoded as in Node and shrunk if large.
 *
 * @throws UserError if the file is too large or not an image
 */
export function readImage(file: Blob, name: string): Promise<RecordedImage> {
  return decodeImageFile(file, { name, mostSide });
}
