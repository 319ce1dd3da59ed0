/** Zero-shot classification of an image with the user's labels. */
import { useSignal } from "@preact/signals";
import type { LiveModel } from "moesaic/live";
import { Empty } from "../components/states.tsx";
import { useAnswer } from "./answer.ts";
import { Answered } from "./answered.tsx";
import { Bars } from "./bars.tsx";
import { type ImageTaskProps, RoutedImageView, useChosenImage } from "./classify.tsx";
import { labelEmbeddings, labelShares } from "./labels.ts";
import { Notes } from "./notes.tsx";

interface ZeroShotProps extends ImageTaskProps {
  /** Prompts of each class in the run's evaluation. */
  readonly prompts: readonly (readonly string[])[] | undefined;
}

/** Default templates; the user can add more. */
const mostTemplates = 8;
/** Maximum number of labels and of templates. */
const mostLines = 100;

export function ZeroShot({ model, images, prompts }: ZeroShotProps) {
  const { given, picker } = useChosenImage(images);
  const labels = useSignal(firstLabels(model).join("\n"));
  const templates = useSignal(templatesOf(model, prompts).join("\n"));
  const names = linesOf(labels.value);
  const forms = linesOf(templates.value);
  const ready = names.length > 0 && forms.length > 0;
  const label = useAnswer(
    () => (ready ? labelEmbeddings(model, names, forms) : undefined),
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
            <span>Labels, one per line</span>
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
            <span>Templates, one per line; {"{}"} is the label</span>
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
          <Empty>Add an image to see which label fits it.</Empty>
        ) : !ready ? (
          <Empty>{names.length === 0 ? "Add a label." : "Add a template, such as {}."}</Empty>
        ) : (
          <Answered of={label} doing="Encoding the labels">
            {(classes) => (
              <Answered of={image} doing="Processing the image">
                {({ embedding }) => (
                  <>
                    <Bars
                      names={classes.names}
                      shares={labelShares(embedding, classes, model.similarity)}
                      title="Zero-shot"
                    />
                    <Notes notes={classes.notes} />
                  </>
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

/** Templates of the run's evaluation, with a placeholder for the label. */
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

/** Distinct non-empty lines. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ""))].slice(0, mostLines);
}
