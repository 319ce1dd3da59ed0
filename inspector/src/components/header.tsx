/** The header of every page: breadcrumbs, run state and tabs. */
import { offeredPages } from "../data/offered.ts";
import { pageOf } from "../data/pages.ts";
import { openRun, runList } from "../data/runs.ts";
import { hrefOf, route } from "../route.ts";
import { LiveState } from "./live-state.tsx";

export function Header() {
  const { run, page, params } = route.value;
  // Links to other pages keep the layer and the image.
  const kept = new Map([...params].filter(([name]) => name === "layer" || name === "image"));
  const list = runList().value.value;
  const count = list.state === "ready" ? list.value.runs.length : undefined;
  return (
    <header class="top">
      <div class="bar-line">
        <a class="brand" href={hrefOf({ page: "runs" })}>
          <span class="mark" aria-hidden="true">
            <i />
            <i />
            <i />
            <i />
          </span>
          Moesaic
        </a>
        {run === undefined ? (
          <span class="crumb">
            {count === undefined ? "" : count === 1 ? "1 run" : `${count} runs`}
          </span>
        ) : (
          <RunCrumb id={run} />
        )}
      </div>
      {run !== undefined && (
        <nav class="tabs" aria-label="Pages of the run">
          {pagesOf(run).map((name) => (
            <a
              key={name}
              href={hrefOf({ run, page: name, params: kept })}
              aria-current={name === page ? "page" : undefined}
            >
              {pageOf(name).title}
            </a>
          ))}
        </nav>
      )}
    </header>
  );
}

function RunCrumb({ id }: { readonly id: string }) {
  const view = openRun(id).view.value.value;
  return (
    <>
      <span class="crumb" aria-hidden="true">
        /
      </span>
      <span class="crumb name">{view.state === "ready" ? view.value.name : id}</span>
      {view.state === "ready" && <LiveState id={id} entry={view.value} />}
    </>
  );
}

function pagesOf(id: string) {
  const view = openRun(id).view.value.value;
  return view.state === "ready"
    ? offeredPages(view.value, openRun(id).readRecord.value)
    : (["overview"] as const);
}
