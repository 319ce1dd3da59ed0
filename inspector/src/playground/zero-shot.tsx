/** Which of the reader's labels fits an image best. */
import { useSignal } from "@preact/signals";
import type { LiveModel } from "moesaic/live";
import { Empty } from "../components/states.tsx";
import { useAnswer } from "./answer.ts";
import { Answered } from "./answered.tsx";
import { Bars } from "./bars.tsx";
import { type ImageTaskProps, RoutedImageView, useChosenImage } from "./classify.tsx";
import { labelEmbeddings, labelShares } from "./labels.ts";

interface ZeroShotProps extends ImageTaskProps {
  /** What stood for each class when the run was evaluated. */
  readonly prompts: readonly (readonly string[])[] | undefined;
}

/** Templates to begin with; a reader can write more. */
const mostTemplates = 8;
/** Labels or templates beyond these are not read. */
const mostLines = 100;

export function ZeroShot({ model, images, prompts }: ZeroShotProps) {
  const { given, picker } = useChosenImage(images);
  const labels = useSignal(firstLabels(model).join("\n"));
  const templates = useSignal(templatesOf(model, prompts).join("\n"));
  const names = linesOf(labels.value);
  const label = useAnswer(
    () => labelEmbeddings(model, names, linesOf(templates.value)),
    [model, labels.value, templates.value],
    { patient: true },
  );
  const image = useAnswer(
    () => (given === undefined ? undefined : model.embedImage!(given.image)),
    [model, given?.image],
  );
  return (
    <>
      {picker}
      <div class="task">
        <div class="card prompt">
          <label>
            <span>Labels, one a line</span>
            <textarea
              class="field"
              rows={8}
              value={labels.value}
              onInput={(event) => {
                labels.value = event.currentTarget.value;
              }}
            />
          </label>
          <label>
            <span>Templates, one a line; {"{}"} is the label</span>
            <textarea
              class="field"
              rows={2}
              value={templates.value}
              onInput={(event) => {
                templates.value = event.currentTarget.value;
              }}
            />
          </label>
        </div>
        {given === undefined ? (
          <Empty>Give the model an image to see which label fits it.</Empty>
        ) : (
          <Answered of={label} doing="Reading the labels">
            {(classes) => (
              <Answered of={image} doing="Looking at the image">
                {({ embedding }) => (
                  <Bars
                    names={classes.names}
                    shares={labelShares(embedding, classes, model.similarity)}
                    title="Zero-shot"
                  />
                )}
              </Answered>
            )}
          </Answered>
        )}
      </div>
      {given !== undefined && image.value !== undefined && (
        <RoutedImageView given={given} routing={image.value.routing} />
      )}
    </>
  );
}

/** The sentences that the run was asked with, with a place for the label in each. */
function templatesOf(
  { spec }: LiveModel,
  prompts: readonly (readonly string[])[] | undefined,
): readonly string[] {
  const name = spec.classNames[0];
  const known = name === undefined ? [] : (prompts?.[0] ?? []);
  const found = known.filter((prompt) => prompt.includes(name!));
  if (found.length === 0) return ["{}"];
  return found.slice(0, mostTemplates).map((prompt) => prompt.replace(name!, "{}"));
}

function firstLabels({ spec }: LiveModel): readonly string[] {
  return spec.classNames.length > 0 ? spec.classNames.slice(0, mostLines) : ["a dog", "a child", "water"]; // biome-ignore format: one expression
}

/** Lines that say something, each once. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))].slice(0, mostLines);
}
