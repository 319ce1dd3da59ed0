/** A hidden picture that charts of the same page reference by id, so that it is decoded once. */
import type { RecordedImage } from "moesaic/inspect";
import { greyscale, pngDataUri } from "moesaic/report/browser";

/** Maximum side of the picture, pixels. */
const maxSide = 512;

const made = new WeakMap<RecordedImage, string>();

interface GreyPictureProps {
  readonly id: string;
  readonly image: RecordedImage;
}

/** The picture in grey, which keeps tints undistorted; it is hidden itself. */
export function GreyPicture({ id, image }: GreyPictureProps) {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true">
      <defs>
        <image
          id={id}
          href={greyUri(image)}
          width="1"
          height="1"
          preserveAspectRatio="none"
          style="image-rendering:pixelated"
        />
      </defs>
    </svg>
  );
}

/** URL of the picture, cached. */
function greyUri(image: RecordedImage): string {
  const uri = made.get(image) ?? pngDataUri(greyscale(image), { maxSide });
  made.set(image, uri);
  return uri;
}
