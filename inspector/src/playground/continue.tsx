/** Continuation of a text. */
import { useSignal } from "@preact/signals";
import type { Generated, LiveModel } from "moesaic/live";
import { Slider } from "../components/controls.tsx";
import { Problem } from "../components/states.tsx";
import { TextExplorer } from "../components/text-explorer.tsx";
import { useGeneration } from "./generation.ts";
import { Notes } from "./notes.tsx";
import { RunningText } from "./running-text.tsx";

const longest = 400;

export function Continue({ model, first }: { readonly model: LiveModel; readonly first: string }) {
  const prompt = useSignal(first);
  const asked = useSignal<string | undefined>(undefined);
  const temperature = useSignal(8);
  const length = useSignal(80);
  const { text, running, result, reason, start, stop, clear } = useGeneration(model);
  const go = (): void => {
    asked.value = prompt.value;
    start({
      prompt: prompt.value,
      temperature: temperature.value / 10,
      maxNewTokens: length.value,
      topK: 40,
      seed: Date.now() % 2 ** 31,
    });
  };
  return (
    <>
      <form
        class="card prompt"
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <label>
          <span>Text to continue</span>
          <textarea
            class="field"
            rows={4}
            maxLength={20_000}
            value={prompt.value}
            onInput={(event) => {
              prompt.value = event.currentTarget.value;
              if (reason !== undefined) {
                asked.value = undefined;
                clear();
              }
            }}
          />
        </label>
        <div class="toolbar">
          <Slider
            label="Temperature"
            value={temperature.value}
            max={20}
            says={(temperature.value / 10).toFixed(1)}
            onChange={(value) => {
              temperature.value = value;
            }}
          />
          <Slider
            label="Tokens"
            value={length.value}
            min={10}
            max={longest}
            step={10}
            says={String(length.value)}
            onChange={(value) => {
              length.value = value;
            }}
          />
          <button type="submit" class="button main" disabled={running}>
            Continue
          </button>
        </div>
      </form>
      {reason !== undefined && <Problem reason={reason} />}
      {asked.value !== undefined && reason === undefined && (
        <RunningText
          title="Text"
          prompt={asked.value}
          text={text}
          running={running}
          again="Again"
          onAgain={go}
          onStop={stop}
        />
      )}
      {result !== undefined && <Routed result={result} />}
    </>
  );
}

function Routed({ result: { routing } }: { readonly result: Generated }) {
  return (
    <>
      <Notes notes={routing.notes} />
      {routing.layers.length > 0 && routing.tokens.length > 0 && <TextExplorer text={routing} />}
    </>
  );
}
