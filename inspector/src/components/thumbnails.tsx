/** A row of images to choose from. */
import type { RecordedImage } from "moesaic/inspect";
import { Picture } from "./picture.tsx";

interface ThumbnailsProps {
  readonly images: readonly { readonly image: RecordedImage; readonly name: string }[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

/** Small pictures that scroll sideways where they are many. */
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
