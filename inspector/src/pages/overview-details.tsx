/** Checkpoints and configuration of a run. */
import { useSignal } from "@preact/signals";
import type { RunView } from "moesaic/inspect";
import { formatCount, formatFigure } from "moesaic/report/browser";
import { ScrollArea } from "../components/scroll-area.tsx";
import { flatten } from "../data/settings.ts";

export function Checkpoints({ view: { checkpoints } }: { readonly view: RunView }) {
  return (
    <section class="card">
      <h2>Checkpoints</h2>
      {checkpoints.length === 0 ? (
        <p class="none">No checkpoint yet.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>step</th>
              <th class="number">score</th>
              <th class="number" />
            </tr>
          </thead>
          <tbody>
            {checkpoints.map(({ step, score, best }) => (
              <tr key={step}>
                <td>{formatCount(step)}</td>
                <td class="number">{score === null ? "not scored" : formatFigure(score)}</td>
                <td class="number">{best && <b class="right">best</b>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** All settings by path, with a filter. */
export function Configuration({ view: { config } }: { readonly view: RunView }) {
  const wanted = useSignal("");
  const text = wanted.value.toLowerCase();
  const rows = [...flatten(config)].filter((row) => row.join(" ").toLowerCase().includes(text));
  return (
    <section class="card">
      <h2>Configuration</h2>
      <input
        type="search"
        class="filter"
        placeholder="Filter settings"
        aria-label="Filter settings"
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value;
        }}
      />
      <ScrollArea name="Settings" class="settings">
        <table>
          <tbody>
            {rows.map(([path, value]) => (
              <tr key={path}>
                <th>{path}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="none">No setting matches.</p>}
      </ScrollArea>
    </section>
  );
}
