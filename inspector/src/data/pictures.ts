/** The images of a record that routers were watched on. */
import type { Mosaic } from "moesaic/inspect";
import type { StoredRecord } from "./record.ts";

/** One image and where it comes from. */
export interface WatchedImage {
  readonly mosaic: Mosaic;
  /** What it shows. */
  readonly name: string;
  /** The scene and its style, where the same scene was drawn in several. */
  readonly scene?: string;
}

const known = new WeakMap<StoredRecord, readonly WatchedImage[]>();

/** Images of the split, then scenes in every style; the same objects at every call. */
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

/** Name of a class, or its number. */
export function className({ classNames }: StoredRecord, index: number): string {
  return classNames[index] ?? `class ${index}`;
}

/** Words for the experts of a layer, such as `shared`, where they are of several kinds. */
export function expertKinds(
  { routing = [] }: StoredRecord,
  layer: string,
): readonly string[] | undefined {
  return routing.find((entry) => entry.layer === layer)?.expertKinds;
}

function nameOf(record: StoredRecord, mosaic: Mosaic, index: number): string {
  return record.classNames.length === 0 ? `image ${index + 1}` : className(record, mosaic.label);
}
