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
      <a class="skip" href="#content" onClick={toContent}>
        Skip to the content
      </a>
      <Header />
      <main id="content" tabIndex={-1}>
        {run === undefined ? <RunsPage /> : <RunPageView key={run} id={run} />}
      </main>
    </>
  );
}

/** The address after `#` tells the page, so that a link into it would lead away. */
function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
