/** Which class an image is of. */

import type { ClassifiedImage, LiveModel } from "moesaic/live";
import type { ComponentChildren } from "preact";
import { MosaicExplorer } from "../components/mosaic-explorer.tsx";
import { Picture } from "../components/picture.tsx";
import { Empty } from "../components/states.tsx";
import { choose, chosenIndex } from "../route.ts";
import { useAnswer } from "./answer.ts";
import { Answered } from "./answered.tsx";
import { Bars } from "./bars.tsx";
import { ImagePicker } from "./image-picker.tsx";
import type { GivenImage } from "./images.ts";

export interface ImageTaskProps {
  readonly model: LiveModel;
  readonly images: readonly GivenImage[];
}

/** The image that is chosen, of those that there are. */
export function useChosenImage(images: readonly GivenImage[]) {
  const index = chosenIndex("image", images.length, 0);
  const picker = (
    <ImagePicker
      images={images}
      chosen={index}
      onChoose={(image) => choose({ image, patch: null })}
    />
  );
  return { given: images[index], picker };
}

export function Classify({ model, images }: ImageTaskProps) {
  const { given, picker } = useChosenImage(images);
  const answer = useAnswer(
    () => (given === undefined ? undefined : model.classifyImage!(given.image)),
    [model, given?.image],
  );
  return (
    <>
      {picker}
      {given === undefined ? (
        <Empty>Give the model an image to see its class, and which expert takes which patch.</Empty>
      ) : (
        <Answered of={answer} doing="Looking at the image">
          {(value) => <Classified model={model} given={given} value={value} />}
        </Answered>
      )}
    </>
  );
}

interface ClassifiedProps {
  readonly model: LiveModel;
  readonly given: GivenImage;
  readonly value: ClassifiedImage;
}

function Classified({ model, given, value }: ClassifiedProps) {
  const bars = <Bars names={model.spec.classNames} shares={value.probabilities} title="Class" />;
  return <RoutedImageView given={given} routing={value.routing} answer={bars} />;
}

interface RoutedImageViewProps {
  readonly given: GivenImage;
  readonly routing: ClassifiedImage["routing"];
  /** What the model said of it. */
  readonly answer?: ComponentChildren;
}

/** The mosaic of an image that was just looked at; the answer alone where no patches are routed. */
export function RoutedImageView({ given, routing, answer }: RoutedImageViewProps) {
  if (routing.layers.length > 0) {
    return (
      <MosaicExplorer image={given.image} routing={routing} name={given.name} answer={answer} />
    );
  }
  return (
    <div class="unrouted">
      <Picture image={given.image} alt={given.name} width={220} />
      <div>
        {answer}
        <p class="note">This model sends whole images to its experts, not patches.</p>
      </div>
    </div>
  );
}
