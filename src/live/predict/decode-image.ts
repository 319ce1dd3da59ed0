/** Decodes image files to model input with the browser's decoders. */
import { UserError } from "../../graph/errors.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";

/** Maximum file size, bytes. */
const MAX_BYTES = 64 * 2 ** 20;
/** Maximum number of pixels, the same as for images decoded in Node. */
const MAX_PIXELS = 64e6;

export interface DecodeImageOptions {
  /** Name of the file in errors. Default: the file's name. */
  readonly name?: string;
  /** Larger images are shrunk to this side with the browser's best filter. Default: no limit. */
  readonly mostSide?: number;
}

/**
 * Decodes an image to RGB, as the Node decoder does: EXIF orientation is applied, transparency is
 * dropped (colours are unchanged), colours are converted to sRGB, and animations yield their first
 * frame.
 *
 * @throws UserError if the file is not an image, damaged or too large
 */
export async function decodeImageFile(
  file: Blob,
  options: DecodeImageOptions = {},
): Promise<RecordedImage> {
  const { name = nameOf(file), mostSide = Infinity } = options;
  if (file.size > MAX_BYTES) {
    throw new UserError(
      `${name} has ${file.size} bytes; the limit is ${MAX_BYTES}; make it smaller`,
    );
  }
  const decoded = await createImageBitmap(file, {
    ...bytesAsStored,
    imageOrientation: "from-image",
    colorSpaceConversion: "default",
  }).catch((cause: unknown) => {
    const reason = "it is damaged or not an image format that the browser supports";
    throw new UserError(`${name} cannot be decoded: ${reason}`, { cause });
  });
  const bitmap = await shrink(decoded, mostSide);
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) {
      throw new UserError(
        `${name} has ${width} x ${height} pixels; the limit is ${MAX_PIXELS}; make it smaller`,
      );
    }
    return { width, height, channels: 3, data: withoutAlpha(readPixels(bitmap)) };
  } finally {
    bitmap.close();
  }
}

/** Colours are not premultiplied by alpha. */
const bytesAsStored = { premultiplyAlpha: "none" } as const;

function nameOf(file: Blob): string {
  return file instanceof File && file.name !== "" ? file.name : "the image";
}

async function shrink(bitmap: ImageBitmap, mostSide: number): Promise<ImageBitmap> {
  const scale = mostSide / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  try {
    return await createImageBitmap(bitmap, {
      ...bytesAsStored,
      resizeWidth: side(bitmap.width),
      resizeHeight: side(bitmap.height),
      resizeQuality: "high",
    });
  } finally {
    bitmap.close();
  }
}

/** RGBA pixels of an image, row by row. */
function readPixels(bitmap: ImageBitmap): Uint8ClampedArray | Uint8Array {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new UserError("the browser provides no canvas for reading images");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height, { colorSpace: "srgb" });
  if (isOpaque(data)) return data;
  // A canvas premultiplies colours by alpha; a texture does not.
  return readTexture(bitmap) ?? data;
}

/** Undefined without WebGL, or if the image exceeds its size limit. */
function readTexture(bitmap: ImageBitmap): Uint8Array | undefined {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  if (gl === null || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
    return undefined;
  }
  try {
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const { FRAMEBUFFER, COLOR_ATTACHMENT0, TEXTURE_2D } = gl;
    gl.framebufferTexture2D(FRAMEBUFFER, COLOR_ATTACHMENT0, TEXTURE_2D, texture, 0);
    if (gl.checkFramebufferStatus(FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return undefined;
    const pixels = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return gl.getError() === gl.NO_ERROR ? pixels : undefined;
  } finally {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function isOpaque(data: ArrayLike<number>): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

function withoutAlpha(data: ArrayLike<number>): Uint8Array {
  const pixels = data.length / 4;
  const out = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    out[pixel * 3] = data[pixel * 4]!;
    out[pixel * 3 + 1] = data[pixel * 4 + 1]!;
    out[pixel * 3 + 2] = data[pixel * 4 + 2]!;
  }
  return out;
}
