/** A caption, generated token by token, with the routing of image and words. */

import type { Generated } from "moesaic/live";
import { useEffect } from "preact/hooks";
import { Choice } from "../components/controls.tsx";
import { MosaicExplorer } from "../components/mosaic-explorer.tsx";
import { Empty, Problem } from "../components/states.tsx";
import { TextExplorer } from "../components/text-explorer.tsx";
import { choose, route } from "../route.ts";
import { type ImageTaskProps, useChosenImage } from "./classify.tsx";
import { useGeneration } from "./generation.ts";
import type { GivenImage } from "./images.ts";
import { RunningText } from "./running-text.tsx";

export function Caption({ model, images }: ImageTaskProps) {
  const { given, picker } = useChosenImage(images);
  const generation = useGeneration(model);
  const { text, running, result, reason, start, stop } = generation;
  useEffect(() => {
    if (given !== undefined) start({ image: given.image, temperature: 0 });
  }, [model, given?.image]);
  return (
    <>
      {picker}
      {given === undefined ? (
        <Empty>Add an image to generate a caption.</Empty>
      ) : (
        <>
          <RunningText
            title="Caption"
            prompt=""
            text={text}
            running={running}
            onStop={stop}
            onAgain={() =>
              start({ image: given.image, temperature: 0.8, seed: Date.now() % 2 ** 31 })
            }
            again="Generate again"
          />
          {reason !== undefined && <Problem reason={reason} />}
          {result !== undefined && <Routed given={given} result={result} />}
        </>
      )}
    </>
  );
}

interface RoutedProps {
  readonly given: GivenImage;
  readonly result: Generated;
}

/** Selection between patches and words. */
function Routed({ given, result }: RoutedProps) {
  const { routing: words, imageRouting: patches } = result;
  const hasPatches = patches !== undefined && patches.layers.length > 0;
  const hasWords = words.layers.length > 0 && words.tokens.length > 0;
  const look = route.value.params.get("look") === "words" || !hasPatches ? "words" : "image";
  return (
    <>
      {hasPatches && hasWords && (
        <div class="tasks">
          <Choice
            label="Show"
            value={look}
            options={[
              { value: "image", label: "patches of the image" },
              { value: "words", label: "words of the caption" },
            ]}
            onChange={(value) => choose({ look: value, layer: null, expert: null })}
          />
        </div>
      )}
      {look === "image" && hasPatches && (
        <MosaicExplorer image={given.image} routing={patches} name={given.name} />
      )}
      {look === "words" && hasWords && <TextExplorer text={words} />}
    </>
  );
}
