/** Image retrieval by text, among the run's and the user's images. */
import { useSignal } from "@preact/signals";
import type { EmbeddedImage, LiveModel, RoutedText } from "moesaic/live";
import { Picture } from "../components/picture.tsx";
import { Empty, Problem } from "../components/states.tsx";
import { TextExplorer } from "../components/text-explorer.tsx";
import { choose } from "../route.ts";
import { useAnswer } from "./answer.ts";
import { Answered } from "./answered.tsx";
import { askOnce } from "./ask-once.ts";
import type { ImageTaskProps } from "./classify.tsx";
import { ImagePicker } from "./image-picker.tsx";
import type { GivenImage } from "./images.ts";
import { Notes } from "./notes.tsx";

/** Maximum number of searched images. */
const mostImages = 60;

const seen = new WeakMap<LiveModel, WeakMap<GivenImage["image"], Promise<EmbeddedImage>>>();

export function Retrieve({ model, images }: ImageTaskProps) {
  const query = useSignal(model.spec.classPrompts?.[0] ?? model.spec.classNames[0] ?? "");
  const done = useSignal(0);
  const searched = images.slice(0, mostImages);
  const text = useAnswer(
    () => (query.value.trim() === "" ? undefined : model.embedText!(query.value)),
    [model, query.value],
    { patient: true },
  );
  const embedded = useAnswer(
    (signal) => embedAll(model, searched, signal, (count) => (done.value = count)),
    [model, searched.length, searched[0]?.image],
  );
  return (
    <>
      <ImagePicker images={[]} chosen={0} onChoose={() => {}} />
      <div class="card prompt">
        <label>
          <span>Query</span>
          <input
            class="field"
            type="text"
            maxLength={1000}
            value={query.value}
            onInput={(event) => {
              query.value = event.currentTarget.value;
            }}
          />
        </label>
        {embedded.waiting && searched.length > 0 && (
          <p class="note" role="status">
            <progress max={searched.length} value={done.value} /> {done.value} of {searched.length}{" "}
            images embedded
          </p>
        )}
      </div>
      {images.length === 0 ? (
        <Empty>Add images to search.</Empty>
      ) : (
        <Answered of={text} doing="Encoding the text">
          {({ embedding, routing }) => (
            <>
              <Notes notes={routing.notes} />
              {embedded.reason !== undefined && <Problem reason={embedded.reason} />}
              {embedded.value !== undefined && (
                <Found images={searched} embeddings={embedded.value} query={embedding} />
              )}
              <h2 class="below">Words of the query</h2>
              <QueryWords routing={routing} />
            </>
          )}
        </Answered>
      )}
    </>
  );
}

async function embedAll(
  model: LiveModel,
  images: readonly GivenImage[],
  signal: AbortSignal,
  onDone: (count: number) => void,
): Promise<Float32Array[]> {
  const known = seen.get(model) ?? new WeakMap<GivenImage["image"], Promise<EmbeddedImage>>();
  seen.set(model, known);
  const embeddings: Float32Array[] = [];
  onDone(0);
  for (const { image } of images) {
    signal.throwIfAborted();
    const { embedding } = await askOnce(known, image, () => model.embedImage!(image));
    embeddings.push(embedding);
    onDone(embeddings.length);
  }
  return embeddings;
}

interface FoundProps {
  readonly images: readonly GivenImage[];
  readonly embeddings: readonly Float32Array[];
  readonly query: Float32Array;
}

function Found({ images, embeddings, query }: FoundProps) {
  const ranked = images
    .flatMap((given, i) => {
      const embedding = embeddings[i];
      return embedding === undefined ? [] : [{ given, place: i, score: dot(embedding, query) }];
    })
    .sort((a, b) => b.score - a.score);
  return (
    <ol class="finds">
      {ranked.map(({ given, place, score }, rank) => (
        <li key={rank} class={rank === 0 ? "first" : undefined}>
          <button
            type="button"
            title="show its patches"
            onClick={() => choose({ task: "zero-shot", image: place }, { keep: true })}
          >
            <Picture image={given.image} alt={given.name} width={120} />
          </button>
          <span>{given.name}</span>
          <b title="cosine of text and image">{score.toFixed(3)}</b>
        </li>
      ))}
    </ol>
  );
}

function QueryWords({ routing }: { readonly routing: RoutedText }) {
  if (routing.layers.length === 0 || routing.tokens.length === 0) {
    return <p class="none">This model does not route words.</p>;
  }
  return <TextExplorer text={routing} />;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
