/** Classification of an image. */

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

/** The selected image. */
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
        <Empty>Add an image to see its class and the expert of every patch.</Empty>
      ) : (
        <Answered of={answer} doing="Processing the image">
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
  /** Prediction of the model. */
  readonly answer?: ComponentChildren;
}

/** The mosaic of an image with the prediction; without routed patches, the prediction only. */
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
        <p class="note">This model routes whole images, not patches.</p>
      </div>
    </div>
  );
}
