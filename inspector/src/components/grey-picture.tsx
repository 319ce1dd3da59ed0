/** A picture that charts of the same page refer to by its id, so that it is decoded once. */
import type { RecordedImage } from "../../../src/inspect/types.ts";
import { pictureUri } from "./picture.tsx";

interface GreyPictureProps {
  readonly id: string;
  readonly image: RecordedImage;
}

/** The picture in grey, which keeps tints true; it is not seen by itself. */
export function GreyPicture({ id, image }: GreyPictureProps) {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true">
      <defs>
        <image
          id={id}
          href={pictureUri(image, "grey")}
          width="1"
          height="1"
          preserveAspectRatio="none"
          style="image-rendering:pixelated"
        />
      </defs>
    </svg>
  );
}
