/** Routing scores of every layer. */
import type { LayerRouting } from "moesaic/inspect";
import { formatCount, formatPercent, routingColumns } from "moesaic/report/browser";
import { ScrollArea } from "../components/scroll-area.tsx";
import type { StoredRecord } from "../data/record.ts";

interface LayerTableProps {
  readonly record: StoredRecord;
  readonly routing: readonly LayerRouting[];
}

/** One row per layer, and one per modality of it; below, the routing agreement of checkpoints. */
export function LayerTable({ record, routing }: LayerTableProps) {
  const rows = routing.flatMap((entry) => [
    { name: entry.layer, part: false, spread: entry },
    ...(entry.modalities ?? []).map((spread) => ({ name: spread.modality, part: true, spread })),
  ]);
  return (
    <section>
      <h2>
        Routing by layer <small>entropies and information in nats</small>
      </h2>
      <ScrollArea name="Routing by layer">
        <table>
          <thead>
            <tr>
              <th>layer</th>
              {routingColumns.map(({ title, hint }) => (
                <th key={title} class="number" title={hint}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, part, spread }, i) => (
              <tr key={i} class={part ? "part" : undefined}>
                <td>{name}</td>
                {routingColumns.map(({ title, cell }) => (
                  <td key={title} class="number">
                    {cell(spread)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      <Agreement record={record} />
    </section>
  );
}

function Agreement({ record: { agreement } }: { readonly record: StoredRecord }) {
  if (agreement === undefined) return null;
  const { first, second, split, layers } = agreement;
  return (
    <>
      <h3 class="sub">
        Routing agreement of checkpoints{" "}
        <small>
          {first} and {second}, on the same tokens of the {split} split
        </small>
      </h3>
      <ScrollArea name="Routing agreement of checkpoints">
        <table>
          <thead>
            <tr>
              <th>layer</th>
              <th class="number">same first choice</th>
              <th class="number">kappa</th>
              <th class="number">overlap</th>
              <th class="number">tokens</th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ layer, own, tokens }) => (
              <tr key={layer}>
                <td>{layer}</td>
                <td class="number">{formatPercent(own.firstChoice)}</td>
                <td class="number">{own.kappa.toFixed(2)}</td>
                <td class="number">{formatPercent(own.overlap)}</td>
                <td class="number">{formatCount(tokens)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </>
  );
}
