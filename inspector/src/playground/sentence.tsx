/** Classification of a text. */
import { useSignal } from "@preact/signals";
import type { ClassifiedText, LiveModel } from "moesaic/live";
import { TextExplorer } from "../components/text-explorer.tsx";
import { useAnswer } from "./answer.ts";
import { Answered } from "./answered.tsx";
import { Bars } from "./bars.tsx";
import { Notes } from "./notes.tsx";

export function Sentence({ model, first }: { readonly model: LiveModel; readonly first: string }) {
  const text = useSignal(first);
  const answer = useAnswer(
    () => (text.value.trim() === "" ? undefined : model.classifyText!(text.value)),
    [model, text.value],
    { patient: true },
  );
  return (
    <>
      <div class="card prompt">
        <label>
          <span>Text</span>
          <textarea
            class="field"
            rows={3}
            maxLength={20_000}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
          />
        </label>
      </div>
      <Answered of={answer} doing="Processing the text">
        {(value) => <Classified model={model} value={value} />}
      </Answered>
    </>
  );
}

interface ClassifiedProps {
  readonly model: LiveModel;
  readonly value: ClassifiedText;
}

function Classified({ model, value: { probabilities, routing } }: ClassifiedProps) {
  return (
    <>
      <Bars names={model.spec.classNames} shares={probabilities} title="Class" />
      <Notes notes={routing.notes} />
      {routing.layers.length > 0 && routing.tokens.length > 0 && <TextExplorer text={routing} />}
    </>
  );
}
