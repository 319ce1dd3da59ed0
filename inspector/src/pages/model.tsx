/** One checkpoint from the hub: what it is, and the routing of typed texts. */
import { useSignal } from "@preact/signals";
import type { ModelEntry } from "moesaic/inspect";
import { formatBytes } from "moesaic/report/browser";
import { useEffect, useRef } from "preact/hooks";
import { Empty, Problem, WhenReady } from "../components/states.tsx";
import { TextExplorer } from "../components/text-explorer.tsx";
import { type Reading, type ReadingProgress, readRouting } from "../data/models.ts";
import { messageOf } from "../data/resource.ts";
import { runList } from "../data/runs.ts";
import { Notes } from "../playground/notes.tsx";
import { chosenIndex } from "../route.ts";
import { LayerLoad, LoadMaps } from "./experts-load.tsx";
import { LayerTable } from "./experts-table.tsx";
import { ModelFacts } from "./model-facts.tsx";

/** The first text, before the user types another. */
const example = "The router reads each token and sends it to the experts that suit it best.";

export function ModelPage({ id }: { readonly id: string }) {
  useEffect(() => {
    document.title = `${id} \u00b7 Moesaic`;
  }, [id]);
  return (
    <WhenReady of={runList()} what="the checkpoint">
      {({ models }) => {
        const model = models.find((each) => each.id === id);
        if (model !== undefined) return <Model model={model} />;
        return (
          <>
            <h1>{id}</h1>
            <Empty>
              There is no checkpoint “{id}” here. Start moesaic inspect with its folder.
            </Empty>
          </>
        );
      }}
    </WhenReady>
  );
}

type State =
  | { readonly state: "idle" }
  | { readonly state: "reading"; readonly progress: ReadingProgress }
  | { readonly state: "failed"; readonly reason: string };

function Model({ model }: { readonly model: ModelEntry }) {
  const text = useSignal(example);
  const state = useSignal<State>({ state: "idle" });
  const result = useSignal<Reading | undefined>(undefined);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), [model.id]);
  const go = (): void => {
    const abort = new AbortController();
    const { signal } = abort;
    running.current = abort;
    state.value = { state: "reading", progress: { label: "Sending the text" } };
    const onProgress = (progress: ReadingProgress): void => {
      if (!signal.aborted) state.value = { state: "reading", progress };
    };
    readRouting(model.id, text.value, { onProgress, signal }).then(
      (reading) => {
        if (signal.aborted) return;
        result.value = reading;
        state.value = { state: "idle" };
      },
      (error: unknown) => {
        if (!signal.aborted) state.value = { state: "failed", reason: messageOf(error) };
      },
    );
  };
  const now = state.value;
  return (
    <>
      <h1>{model.name}</h1>
      <ModelFacts model={model} />
      {model.experts !== undefined && (
        <form
          class="card prompt"
          onSubmit={(event) => {
            event.preventDefault();
            go();
          }}
        >
          <label>
            <span>Text to route</span>
            <textarea
              class="field"
              rows={4}
              maxLength={20_000}
              value={text.value}
              onInput={(event) => {
                text.value = event.currentTarget.value;
              }}
            />
          </label>
          <div class="toolbar">
            <button
              type="submit"
              class="button main"
              disabled={now.state === "reading" || text.value.trim() === ""}
            >
              Show the experts
            </button>
            {now.state === "reading" ? (
              <Progress progress={now.progress} />
            ) : (
              <p class="note">
                This machine computes it from the first {model.maxTokens} tokens
                {result.value === undefined &&
                  `, and first reads ${formatBytes(model.memory)} of weights`}
                .
              </p>
            )}
          </div>
        </form>
      )}
      {now.state === "failed" && <Problem reason={now.reason} />}
      {result.value !== undefined && (
        <div class={now.state === "reading" ? "answered stale" : "answered"}>
          <Routed reading={result.value} />
        </div>
      )}
    </>
  );
}

function Progress({ progress: { label, done, total } }: { readonly progress: ReadingProgress }) {
  return (
    <div class="waiting" role="status">
      {done === undefined || total === undefined ? (
        <span class="bar" aria-hidden="true" />
      ) : (
        <progress max={total} value={done} />
      )}
      {label}
      {done !== undefined && total !== undefined && `, ${Math.floor((100 * done) / total)} %`}…
    </div>
  );
}

function Routed({ reading: { notes, record } }: { readonly reading: Reading }) {
  const { routing = [], tokenTraces = [] } = record;
  const entry = routing[chosenIndex("layer", routing.length, routing.length - 1)];
  const [trace] = tokenTraces;
  if (trace === undefined || entry === undefined) return null;
  const count = trace.tokens.length;
  return (
    <>
      <section>
        <h2>
          Tokens <small>each in the colour of its expert, with the expert’s number below</small>
        </h2>
        <Notes notes={notes} />
        <TextExplorer text={trace} />
      </section>
      <section>
        <h2>
          Load{" "}
          <small>over the {count === 1 ? "single token" : `${count} tokens`} of this text</small>
        </h2>
        <div class="stack">
          <LoadMaps routing={routing}>
            An expert that gets no token of this text may be busy in others.
          </LoadMaps>
          <LayerLoad entry={entry} />
        </div>
      </section>
      <LayerTable record={record} routing={routing} />
    </>
  );
}
