/** Recorded images with routing. */
import type { Mosaic } from "moesaic/inspect";
import type { StoredRecord } from "./record.ts";

/** One image and its origin. */
export interface WatchedImage {
  readonly mosaic: Mosaic;
  /** Name of the image content. */
  readonly name: string;
  /** The scene and its style, if scenes were drawn in several styles. */
  readonly scene?: string;
}

const known = new WeakMap<StoredRecord, readonly WatchedImage[]>();

/** Images of the split, then scenes in every style; repeated calls return the same objects. */
export function watchedImages(record: StoredRecord): readonly WatchedImage[] {
  const found = known.get(record);
  if (found !== undefined) return found;
  const { mosaics = [], domains } = record;
  const own = mosaics.map((mosaic, i) => ({ mosaic, name: nameOf(record, mosaic, i) }));
  const scenes = (domains?.scenes?.shown ?? []).flatMap((styles, scene) =>
    styles.map((mosaic, style) => ({
      mosaic,
      name: className(record, mosaic.label),
      scene: `scene ${scene + 1}, ${domains?.domains[style] ?? `style ${style + 1}`}`,
    })),
  );
  const images = [...own, ...scenes].filter(({ mosaic }) => mosaic.layers.length > 0);
  known.set(record, images);
  return images;
}

/** Name of a class, or its index. */
export function className({ classNames }: StoredRecord, index: number): string {
  return classNames[index] ?? `class ${index}`;
}

/** Kinds of the experts of a layer, such as `shared`, if there are several. */
export function expertKinds(
  { routing = [] }: StoredRecord,
  layer: string,
): readonly string[] | undefined {
  return routing.find((entry) => entry.layer === layer)?.expertKinds;
}

function nameOf(record: StoredRecord, mosaic: Mosaic, index: number): string {
  return record.classNames.length === 0 ? `image ${index + 1}` : className(record, mosaic.label);
}
