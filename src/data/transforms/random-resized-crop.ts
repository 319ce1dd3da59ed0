/** Cuts a window of random size and shape and resizes it. Source: Szegedy et al. 2014, arXiv:1409.4842. */

import type { Stream } from "../../random/index.ts";
import type { FloatImage, Transform } from "./image.ts";
import { crop } from "./random-crop.ts";
import { resizeTo } from "./resize.ts";

/** Size of the result, and area and shape of the window. */
export interface RandomResizedCropOptions {
  /** Side of the result or its [height, width]; by default the size of the image. */
  readonly size?: number | readonly [number, number];
  /** Minimum and maximum fraction of the area, by default [0.08, 1]. */
  readonly scale?: readonly [number, number];
  /** Minimum and maximum width / height, drawn uniformly on a log scale, by default [3/4, 4/3]. */
  readonly ratio?: readonly [number, number];
}

const attempts = 10;

/** Like torchvision: ten tries for a window within the image, otherwise the largest central one. */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3] } = options;
  const sidesOf = (image: { readonly height: number; readonly width: number }) => {
    if (size === undefined) return [image.height, image.width] as const;
    return typeof size === "number" ? ([size, size] as const) : size;
  };
  return {
    outputShape: (shape) => {
      const [height, width] = sidesOf(shape);
      return { height, width, channels: shape.channels };
    },
    apply: (image, draws) => {
      const [height, width] = sidesOf(image);
      const window = drawWindow(image, draws, scale, ratio) ?? centralWindow(image, ratio);
      return resizeTo(
        crop(image, window.top, window.left, window.height, window.width),
        height,
        width,
      );
    },
  };
}

function drawWindow(
  { height, width }: FloatImage,
  draws: Stream,
  [least, most]: readonly [number, number],
  [narrow, wide]: readonly [number, number],
) {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = height * width * draws.uniform(least, most);
    const aspect = Math.exp(draws.uniform(Math.log(narrow), Math.log(wide)));
    const w = Math.round(Math.sqrt(area * aspect));
    const h = Math.round(Math.sqrt(area / aspect));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const top = draws.integer(0, height - h + 1);
    return { top, left: draws.integer(0, width - w + 1), height: h, width: w };
  }
  return undefined;
}

/** The largest central window whose aspect ratio is within the bounds. */
function centralWindow({ height, width }: FloatImage, [narrow, wide]: readonly [number, number]) {
  const aspect = Math.min(wide, Math.max(narrow, width / height));
  const w = Math.min(width, Math.round(height * aspect));
  const h = Math.min(height, Math.round(width / aspect));
  return {
    top: Math.floor((height - h) / 2),
    left: Math.floor((width - w) / 2),
    height: h,
    width: w,
  };
}
