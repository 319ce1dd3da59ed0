/** Pictures of the reader, which never leave the page. */
import type { RecordedImage } from "../../../src/inspect/types.ts";

/** Largest file, bytes, and longest side that is kept, pixels. */
const mostBytes = 40 * 2 ** 20;
const mostSide = 1024;

/**
 * The pixels of an image file, shrunk where it is large; transparent parts become white.
 *
 * @throws Error in one sentence, where the file is too large or no image
 */
export async function readImage(file: Blob, name: string): Promise<RecordedImage> {
  if (file.size > mostBytes) {
    throw new Error(`${name} has more than ${mostBytes / 2 ** 20} MiB; choose a smaller picture`);
  }
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${name} is no picture that this browser can read`);
  });
  try {
    const scale = Math.min(1, mostSide / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    return { width, height, channels: 3, data: withoutAlpha(context, width, height) };
  } finally {
    bitmap.close();
  }
}

function withoutAlpha(
  context: OffscreenCanvasRenderingContext2D,
  width: number,
  height: number,
): Uint8Array {
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return pixels;
}
