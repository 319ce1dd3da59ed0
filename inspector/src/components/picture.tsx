/** Pictures of a run. */

import type { RecordedImage } from "moesaic/inspect";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PictureProps {
  readonly image: RecordedImage;
  readonly alt: string;
  /**
   * Width on the page, pixels; the height follows the aspect ratio unless the picture is square.
   */
  readonly width: number;
  readonly square?: boolean;
}

/** A picture drawn from its bytes, which is faster than encoding it as a file. */
export function Picture({ image, alt, width, square = false }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = square ? width : Math.round((width * image.height) / Math.max(1, image.width));
  useLayoutEffect(() => {
    const { width: columns, height: rows } = image;
    Object.assign(canvas.current!, { width: columns, height: rows });
    const pixels = new ImageData(rgba(image), columns, rows);
    canvas.current!.getContext("2d")!.putImageData(pixels, 0, 0);
  }, [image]);
  // Enlarged pictures keep sharp pixels; reduced pictures are smoothed.
  const look = image.width <= width ? "picture sharp" : "picture";
  return (
    <canvas
      ref={canvas}
      class={look}
      role="img"
      aria-label={alt}
      style={{ width: `${width}px`, height: `${height}px` }}
    />
  );
}

/** RGBA pixels. */
function rgba({ width, height, channels, data }: RecordedImage): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const colored = channels >= 3;
  const transparent = channels % 2 === 0;
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    pixels[i * 4] = data[at]!;
    pixels[i * 4 + 1] = data[colored ? at + 1 : at]!;
    pixels[i * 4 + 2] = data[colored ? at + 2 : at]!;
    pixels[i * 4 + 3] = transparent ? data[at + channels - 1]! : 255;
  }
  return pixels;
}
