/** A row of selectable images. */
import type { RecordedImage } from "moesaic/inspect";
import { Picture } from "./picture.tsx";

interface ThumbnailsProps {
  readonly images: readonly { readonly image: RecordedImage; readonly name: string }[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

/** Thumbnails that scroll horizontally if needed. */
export function Thumbnails({ images, chosen, onChoose }: ThumbnailsProps) {
  return (
    <fieldset class="thumbnails" aria-label="Images">
      {images.map(({ image, name }, i) => (
        <button
          key={i}
          type="button"
          aria-pressed={i === chosen}
          title={name}
          onClick={() => onChoose(i)}
        >
          <Picture image={image} alt={`${i + 1}: ${name}`} width={52} square />
        </button>
      ))}
    </fieldset>
  );
}
