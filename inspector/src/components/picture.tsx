/** Pictures of a run. */

import type { RecordedImage } from "moesaic/inspect";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PictureProps {
  readonly image: RecordedImage;
  readonly alt: string;
  /** Pixels of the page; the height follows, unless the picture is to be square. */
  readonly width: number;
  readonly square?: boolean;
}

/** A picture drawn from its bytes, which is far quicker than to make a file of them first. */
export function Picture({ image, alt, width, square = false }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = square ? width : Math.round((width * image.height) / Math.max(1, image.width));
  useLayoutEffect(() => {
    const { width: columns, height: rows } = image;
    Object.assign(canvas.current!, { width: columns, height: rows });
    const pixels = new ImageData(rgba(image), columns, rows);
    canvas.current!.getContext("2d")!.putImageData(pixels, 0, 0);
  }, [image]);
  // Pixels stay sharp where they are enlarged; a smaller picture is smoothed.
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

/** Red, green, blue and alpha of every pixel. */
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
