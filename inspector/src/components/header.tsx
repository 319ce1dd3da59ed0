/** The header of every page: breadcrumbs, run state and tabs. */
import type { RunList } from "moesaic/inspect";
import { offeredPages } from "../data/offered.ts";
import { pageOf } from "../data/pages.ts";
import { openRun, runList } from "../data/runs.ts";
import { hrefOf, route } from "../route.ts";
import { LiveState } from "./live-state.tsx";

export function Header() {
  const { run, model, page, params } = route.value;
  // Links to other pages keep the layer and the image.
  const kept = new Map([...params].filter(([name]) => name === "layer" || name === "image"));
  const list = runList().value.value;
  const models = list.state === "ready" ? list.value.models : [];
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
        {model !== undefined ? (
          <Crumb name={models.find(({ id }) => id === model)?.name ?? model} />
        ) : run === undefined ? (
          <span class="crumb">{list.state === "ready" && countsOf(list.value)}</span>
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

/** The numbers of runs and of checkpoints. */
function countsOf({ runs, models }: RunList): string {
  const counts = [[runs.length, "run"], [models.length, "checkpoint"]] as const; // biome-ignore format: short
  return counts
    .filter(([count, what]) => count > 0 || (what === "run" && models.length === 0))
    .map(([count, what]) => (count === 1 ? `1 ${what}` : `${count} ${what}s`))
    .join(", ");
}

function Crumb({ name }: { readonly name: string }) {
  return (
    <>
      <span class="crumb" aria-hidden="true">
        /
      </span>
      <span class="crumb name">{name}</span>
    </>
  );
}

function RunCrumb({ id }: { readonly id: string }) {
  const view = openRun(id).view.value.value;
  return (
    <>
      <Crumb name={view.state === "ready" ? view.value.name : id} />
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
