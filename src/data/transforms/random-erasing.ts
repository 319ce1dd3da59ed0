/** Blanks a random rectangle. Source: Zhong et al. 2017, arXiv:1708.04896. */

import { type FloatImage, sameShape, type Transform } from "./image.ts";

/** Probability and size range of the erased rectangle. */
export interface RandomErasingOptions {
  /** Probability, by default 0.5. */
  readonly p?: number;
  /** Minimum and maximum fraction of the area, by default [0.02, 0.33]. */
  readonly scale?: readonly [number, number];
  /** Minimum and maximum height / width, drawn uniformly on a log scale, by default [0.3, 3.3]. */
  readonly ratio?: readonly [number, number];
  /** Value that fills the rectangle, by default 0. */
  readonly value?: number;
}

const attempts = 10;

/** Like torchvision: ten tries for a rectangle smaller than the image, otherwise unchanged. */
export function randomErasing(options: RandomErasingOptions): Transform {
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  return sameShape((image, draws) => {
    if (draws.uniform() >= p) return image;
    const { height, width } = image;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const area = height * width * draws.uniform(scale[0], scale[1]);
      const aspect = Math.exp(draws.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
      const h = Math.round(Math.sqrt(area * aspect));
      const w = Math.round(Math.sqrt(area / aspect));
      if (h >= height || w >= width) continue;
      const top = draws.integer(0, height - h + 1);
      const left = draws.integer(0, width - w + 1);
      return erase(image, top, left, h, w, value);
    }
    return image;
  });
}

/** Fills a rectangle of an image in place. */
export function erase(
  image: FloatImage,
  top: number,
  left: number,
  height: number,
  width: number,
  value: number,
): FloatImage {
  const { data, channels } = image;
  for (let row = top; row < top + height; row++) {
    const at = (row * image.width + left) * channels;
    data.fill(value, at, at + width * channels);
  }
  return image;
}
