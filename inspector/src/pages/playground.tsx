/** The model in the browser, applied to the user's images and texts. */

import type { RunView } from "moesaic/inspect";
import type { LiveModel } from "moesaic/live";
import { useState } from "preact/hooks";
import { Choice } from "../components/controls.tsx";
import { Empty, Problem, Waiting } from "../components/states.tsx";
import type { OpenRun } from "../data/runs.ts";
import type { OpenProgress } from "../live/index.ts";
import { Caption } from "../playground/caption.tsx";
import { Classify } from "../playground/classify.tsx";
import { Continue } from "../playground/continue.tsx";
import { givenImages } from "../playground/images.ts";
import { Retrieve } from "../playground/retrieve.tsx";
import { Sentence } from "../playground/sentence.tsx";
import { useModel } from "../playground/session.ts";
import { ZeroShot } from "../playground/zero-shot.tsx";
import { choose, route } from "../route.ts";

interface PlaygroundPageProps {
  readonly run: OpenRun;
  readonly view: RunView;
}

export function PlaygroundPage({ run, view }: PlaygroundPageProps) {
  if (!view.hasModel) {
    return (
      <Empty>
        {view.state === "training"
          ? "No checkpoint yet. This page becomes available with the first checkpoint."
          : "This run has no model that a browser can load: it has no checkpoint, or an old version trained it. Train it again with this version."}
      </Empty>
    );
  }
  return <Opened run={run} view={view} />;
}

function Opened({ run, view }: PlaygroundPageProps) {
  const [attempt, setAttempt] = useState(0);
  const opened = useModel(run.id, attempt);
  if (opened.state === "failed") {
    return <Problem reason={opened.reason} retry={() => setAttempt(attempt + 1)} />;
  }
  if (opened.state === "opening") return <Opening progress={opened.progress} />;
  // The initial texts and images come from the record.
  if (view.hasRecord && run.record().value.value.state === "loading") {
    return <Waiting what="the routing record" />;
  }
  return <Tasks run={run} view={view} model={opened.model} />;
}

function Opening({ progress }: { readonly progress: OpenProgress | undefined }) {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return (
    <div class="waiting" role="status">
      {progress?.total === undefined ? (
        <span class="bar" aria-hidden="true" />
      ) : (
        <progress max={progress.total} value={progress.loaded} />
      )}
      {progress === undefined
        ? "Starting the runtime…"
        : progress.total === progress.loaded
          ? "Building the model…"
          : `Loading the model, ${megabytes(progress.loaded)} MB${progress.total === undefined ? "" : ` of ${megabytes(progress.total)}`}…`}
    </div>
  );
}

interface TasksProps {
  readonly run: OpenRun;
  readonly view: RunView;
  readonly model: LiveModel;
}

function Tasks({ run, view, model }: TasksProps) {
  const images = givenImages(run, view.hasRecord);
  const first = firstText(run, view);
  const prompts = run.readRecord.value?.classPrompts;
  const tasks = tasksOf(model);
  const chosen = tasks.find(({ value }) => value === route.value.params.get("task")) ?? tasks[0];
  if (chosen === undefined) return <Empty>This model supports neither images nor texts.</Empty>;
  return (
    <>
      {tasks.length > 1 && (
        <div class="tasks">
          <Choice
            label="Task"
            value={chosen.value}
            options={tasks}
            onChange={(task) => choose({ task, layer: null, expert: null, patch: null })}
          />
        </div>
      )}
      {chosen.value === "classify" && <Classify model={model} images={images} />}
      {chosen.value === "zero-shot" && <ZeroShot model={model} images={images} prompts={prompts} />}
      {chosen.value === "retrieve" && <Retrieve model={model} images={images} />}
      {chosen.value === "caption" && <Caption model={model} images={images} />}
      {chosen.value === "continue" && <Continue model={model} first={first} />}
      {chosen.value === "sentence" && <Sentence model={model} first={first} />}
    </>
  );
}

type Task = "classify" | "zero-shot" | "retrieve" | "caption" | "continue" | "sentence";

/** Tasks that the model supports. */
function tasksOf(model: LiveModel): { readonly value: Task; readonly label: string }[] {
  const embeds = model.embedImage !== undefined && model.embedText !== undefined;
  const reads = model.spec.imageShape !== undefined;
  const all: readonly [boolean, Task, string][] = [
    [model.classifyImage !== undefined, "classify", "classify"],
    [embeds, "zero-shot", "zero-shot classification"],
    [embeds, "retrieve", "find images"],
    [model.generate !== undefined && reads, "caption", "describe"],
    [model.generate !== undefined && !reads, "continue", "continue a text"],
    [model.classifyText !== undefined, "sentence", "classify a text"],
  ];
  return all.flatMap(([can, value, label]) => (can ? [{ value, label }] : []));
}

/** The initial text: one that the run was evaluated on. */
function firstText(run: OpenRun, view: RunView): string {
  const read = view.hasRecord ? run.record().value.value : undefined;
  if (read?.state !== "ready") return "";
  const { textPredictions = [], samples = [], tokenTraces = [] } = read.value;
  return (
    textPredictions[0]?.text ??
    samples[0]?.prompt ??
    tokenTraces[0]?.tokens.join("").slice(0, 40) ??
    ""
  );
}
