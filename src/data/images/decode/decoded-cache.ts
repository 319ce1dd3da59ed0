import type { DecodedImage } from "./decode.ts";

/** A cache of decoded and resized pictures, for sets that are opened more than once. */
export interface DecodedCache {
  get(key: string): DecodedImage | undefined;
  /** Adds a picture if there is room. */
  set(key: string, image: DecodedImage): void;
}

/**
 * An empty cache. Once it is full, it keeps the first pictures, because sets are read from the
 * beginning each time; later pictures are decoded again.
 *
 * @param maxBytes of pixels, by default 2^30
 */
export function createDecodedCache(maxBytes: number = 2 ** 30): DecodedCache {
  const images = new Map<string, DecodedImage>();
  let bytes = 0;
  return {
    get: (key) => images.get(key),
    set(key, image) {
      if (images.has(key) || bytes + image.data.length > maxBytes) return;
      images.set(key, image);
      bytes += image.data.length;
    },
  };
}
