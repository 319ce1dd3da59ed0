/** The frame of every page: what stands above it, and which page it is. */
import { useEffect } from "preact/hooks";
import { Header } from "./components/header.tsx";
import { RunPageView } from "./pages/run-page.tsx";
import { RunsPage } from "./pages/runs.tsx";
import { route } from "./route.ts";

export function App() {
  const { run, page } = route.value;
  // A new page begins at its top, as a document would.
  useEffect(() => scrollTo(0, 0), [run, page]);
  return (
    <>
      <button type="button" class="skip" onClick={toContent}>
        Skip to the content
      </button>
      <Header />
      <main id="content" tabIndex={-1}>
        {run === undefined ? <RunsPage /> : <RunPageView key={run} id={run} />}
      </main>
    </>
  );
}

/** No link, since the address after `#` tells the page. */
function toContent(): void {
  document.getElementById("content")?.focus();
}
