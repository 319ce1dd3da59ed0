/** All runs: sorting, filter, and selection for comparison. */

import type { RunEntry } from "moesaic/inspect";
import { useEffect } from "preact/hooks";
import { lazy } from "../components/lazy.tsx";
import { ScrollArea } from "../components/scroll-area.tsx";
import { Empty, WhenReady } from "../components/states.tsx";
import { type Column, columnsOf, sortRuns } from "../data/run-columns.ts";
import { runList, watchList } from "../data/runs.ts";
import { choose, hrefOf, route } from "../route.ts";
import { Models } from "./models.tsx";

const Compare = lazy(async () => (await import("./compare.tsx")).Compare);

/** Maximum number of compared runs: the number of curve colours. */
const mostCompared = 6;

export function RunsPage() {
  const list = runList().value.value;
  useEffect(watchList, []);
  const { runs = [], models = [] } = list.state === "ready" ? list.value : {};
  const title = runs.length === 0 && models.length > 0 ? "Checkpoints" : "Runs";
  useEffect(() => {
    document.title = `${title} \u00b7 Moesaic`;
  }, [title]);
  return (
    <>
      <h1>{title}</h1>
      {list.state === "ready" && list.problem !== undefined && (
        <p class="note warning" role="alert">
          Connection lost: {list.problem}
        </p>
      )}
      <WhenReady of={runList()} what="the runs">
        {({ runs, models, live }) => (
          <>
            <Models models={models} />
            {runs.length > 0 && <Runs runs={runs} />}
            {runs.length + models.length === 0 && (
              <Empty>
                No runs{live ? " yet. Train one with moesaic train to see it here." : "."}
              </Empty>
            )}
          </>
        )}
      </WhenReady>
    </>
  );
}

function Runs({ runs }: { readonly runs: readonly RunEntry[] }) {
  const { params } = route.value;
  const text = params.get("filter") ?? "";
  const [sortKey, descending] = sortOf(params.get("sort"));
  const columns = columnsOf(runs);
  const sorted = sortRuns(runs, columns, sortKey, descending).filter((run) => matches(run, text));
  const compared = (params.get("compare") ?? "")
    .split(",")
    .filter((id) => runs.some((run) => run.id === id));
  const toggle = (id: string): void => {
    const next = compared.includes(id) ? compared.filter((each) => each !== id) : [...compared, id];
    choose({ compare: next.length === 0 ? null : next.join(",") });
  };
  return (
    <>
      <div class="runs-bar">
        <input
          type="search"
          class="filter"
          placeholder="Filter by name, recipe, system or state"
          aria-label="Filter runs"
          value={text}
          onInput={(event) => choose({ filter: event.currentTarget.value || null })}
        />
        <p class="note" role="status">
          {sorted.length === runs.length
            ? `${runs.length} runs`
            : `${sorted.length} of ${runs.length} runs`}
          {compared.length > 0 && `, ${compared.length} compared`}
        </p>
      </div>
      <ScrollArea name="Runs" class="card scroll runs-table">
        <table>
          <thead>
            <tr>
              <th>
                <span class="hidden">Compare</span>
              </th>
              {columns.map((column) => (
                <Heading
                  key={column.key}
                  column={column}
                  sortKey={sortKey}
                  descending={descending}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.map((run) => (
              <tr key={run.id} class={compared.includes(run.id) ? "on" : undefined}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${run.name}`}
                    checked={compared.includes(run.id)}
                    disabled={compared.length >= mostCompared && !compared.includes(run.id)}
                    onChange={() => toggle(run.id)}
                  />
                </td>
                {columns.map((column) => (
                  <td key={column.key} class={column.numeric ? "number" : undefined}>
                    {column.key === "name" ? (
                      <a href={hrefOf({ run: run.id, page: "overview" })}>{run.name}</a>
                    ) : column.key === "state" ? (
                      <span class={`state ${run.state}`}>{run.state}</span>
                    ) : (
                      column.show(run)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {sorted.length === 0 && <p class="none">No run matches “{text}”.</p>}
      </ScrollArea>
      {runs.flatMap((run) =>
        run.problems.map((problem) => (
          <p key={run.id + problem} class="note warning">
            {run.name}: {problem}
          </p>
        )),
      )}
      {compared.length > 0 ? (
        <Compare runs={compared.map((id) => runs.find((run) => run.id === id)!)} />
      ) : (
        runs.length > 1 && <p class="note">Select runs to compare their curves and settings.</p>
      )}
    </>
  );
}

interface HeadingProps {
  readonly column: Column;
  readonly sortKey: string;
  readonly descending: boolean;
}

function Heading({ column, sortKey, descending }: HeadingProps) {
  const sorted = column.key === sortKey;
  const next = sorted ? !descending : column.numeric;
  return (
    <th
      class={column.numeric ? "number" : undefined}
      aria-sort={sorted ? (descending ? "descending" : "ascending") : undefined}
    >
      <button type="button" onClick={() => choose({ sort: `${next ? "-" : ""}${column.key}` })}>
        {column.title}
        <span aria-hidden="true">{sorted ? (descending ? " ↓" : " ↑") : ""}</span>
        {column.split !== undefined && <small>{column.split}</small>}
      </button>
    </th>
  );
}

function sortOf(text: string | undefined): [key: string, descending: boolean] {
  if (text === undefined) return ["changed", true];
  return text.startsWith("-") ? [text.slice(1), true] : [text, false];
}

function matches({ name, recipe, system, state }: RunEntry, text: string): boolean {
  const line = `${name} ${recipe} ${system} ${state}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => line.includes(word)); // biome-ignore format: one expression
}
