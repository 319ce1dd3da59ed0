/** The frame of every page: header and page selection. */
import { useEffect } from "preact/hooks";
import { Header } from "./components/header.tsx";
import { lazy } from "./components/lazy.tsx";
import { RunPageView } from "./pages/run-page.tsx";
import { RunsPage } from "./pages/runs.tsx";
import { route } from "./route.ts";

const ModelPage = lazy(async () => (await import("./pages/model.tsx")).ModelPage);

export function App() {
  const { run, model, page, unknown } = route.value;
  // A new page starts at its top, like a document.
  useEffect(() => scrollTo(0, 0), [run, model, page]);
  return (
    <>
      <button type="button" class="skip" onClick={toContent}>
        Skip to content
      </button>
      <Header />
      <main id="content" tabIndex={-1}>
        {unknown !== undefined && (
          <p class="card warning" role="alert">
            There is no page “{unknown}”{run !== undefined && " of a run"}. This is the{" "}
            {run === undefined ? "list of runs" : "overview of the run"}.
          </p>
        )}
        {model !== undefined ? (
          <ModelPage key={model} id={model} />
        ) : run === undefined ? (
          <RunsPage />
        ) : (
          <RunPageView key={run} id={run} />
        )}
      </main>
    </>
  );
}

/** A button instead of a link, because the address after `#` selects the page. */
function toContent(): void {
  document.getElementById("content")?.focus();
}
