/** The model of a run while its playground is open. */
import { signal } from "@preact/signals";
import type { LiveModel } from "moesaic/live";
import { useEffect } from "preact/hooks";
import { messageOf } from "../data/resource.ts";
import { type OpenProgress, openLiveModel } from "../live/index.ts";

export type ModelState =
  | { readonly state: "opening"; readonly progress?: OpenProgress }
  | { readonly state: "open"; readonly model: LiveModel }
  | { readonly state: "failed"; readonly reason: string };

const current = signal<ModelState>({ state: "opening" });

/** Opens the model of a run in a worker, which is terminated with the page. */
export function useModel(id: string, attempt: number): ModelState {
  useEffect(() => {
    const abort = new AbortController();
    let model: LiveModel | undefined;
    current.value = { state: "opening" };
    const base = `data/runs/${encodeURIComponent(id)}/model/`;
    const onProgress = (progress: OpenProgress): void => {
      current.value = { state: "opening", progress };
    };
    openLiveModel(base, { signal: abort.signal, onProgress }).then(
      (opened) => {
        model = opened;
        if (abort.signal.aborted) opened.dispose();
        else current.value = { state: "open", model: opened };
      },
      (error: unknown) => {
        if (!abort.signal.aborted) current.value = { state: "failed", reason: messageOf(error) };
      },
    );
    return () => {
      abort.abort(new Error("the page was closed"));
      model?.dispose();
      current.value = { state: "opening" };
    };
  }, [id, attempt]);
  return current.value;
}
