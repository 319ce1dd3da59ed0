/** Preprocesses images of any size for a model. */
import { toChannels } from "../data/images/decode/channels.ts";
import { fitBytes, pipeline, resizeBytes, type TransformSpec } from "../data/transforms/index.ts";
import { allocate, type NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import { key } from "../random/key.ts";
import type { LiveModelSpec } from "./types.ts";

/** Maximum number of pixels, the same as for images decoded in Node. */
const MAX_PIXELS = 64e6;

export type ReadImage = (image: RecordedImage) => NdArray<"float32">;

/**
 * Preprocesses an image as the run's evaluation does: channels, the size in which the run stores
 * images (rounded to bytes), further sizes, normalisation. Returns `[1, C, H, W]`.
 */
export function imageReader({
  imageShape,
  imageSizes,
  imageFit = "squash",
  normalize,
}: LiveModelSpec): ReadImage {
  const [channels, height, width] = imageShape!;
  const [kept = [height, width], ...further] = imageSizes ?? [];
  const [rows, columns] = kept;
  const transforms: TransformSpec[] = [
    ...further.map((size) => ({ resize: { size } })),
    { normalize: normalize! },
  ];
  const { apply } = pipeline(transforms, { height: rows, width: columns, channels });
  return (image) => {
    checkImage(image);
    const data = toChannels(image.data, image.channels, channels as 1 | 3);
    const bytes = { ...image, channels, data };
    const resized =
      rows === columns ? fitBytes(bytes, rows, imageFit) : resizeBytes(bytes, rows, columns);
    const out = allocate("float32", [1, channels, height, width]);
    const sample = { ...resized, image: resized.data, label: 0, index: 0 };
    apply(sample, key(0), out.data);
    return out;
  };
}

/** @throws UserError if the pixels are invalid or too many */
function checkImage({ width, height, channels, data }: RecordedImage): void {
  const whole = [width, height, channels].every((size) => Number.isInteger(size) && size >= 1);
  if (!whole || channels > 4 || data.length !== width * height * channels) {
    throw new UserError(
      `an image of ${width} x ${height} pixels and ${channels} channels cannot have ${data.length} bytes`,
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new UserError(
      `the image has ${width} x ${height} pixels, more than ${MAX_PIXELS}; make it smaller`,
    );
  }
}
