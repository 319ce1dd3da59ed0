/** Pictures of a run. */
import type { RecordedImage } from "../../../src/inspect/types.ts";
import { greyscale, pngDataUri } from "../../../src/report/png.ts";

/** Longest side of a picture on the page, pixels. */
const maxSide = 512;

const colored = new WeakMap<RecordedImage, string>();
const grey = new WeakMap<RecordedImage, string>();

/** Address of a picture, made once. */
export function pictureUri(image: RecordedImage, look: "color" | "grey" = "color"): string {
  const known = look === "grey" ? grey : colored;
  const found = known.get(image);
  if (found !== undefined) return found;
  const uri = pngDataUri(look === "grey" ? greyscale(image) : image, { maxSide });
  known.set(image, uri);
  return uri;
}

interface PictureProps {
  readonly image: RecordedImage;
  readonly alt: string;
  readonly width: number;
}

/** A picture whose pixels stay sharp. */
export function Picture({ image, alt, width }: PictureProps) {
  const height = Math.round((width * image.height) / Math.max(1, image.width));
  return <img class="picture" src={pictureUri(image)} alt={alt} width={width} height={height} />;
}
