/** Load, labels and typical tokens of the experts of each layer. */
import type { LayerRouting } from "moesaic/inspect";
import { LayerSlider, Toolbar } from "../components/controls.tsx";
import { Empty } from "../components/states.tsx";
import { choose, chosenIndex } from "../route.ts";
import { ExpertGalleries } from "./experts-gallery.tsx";
import { LayerLabels } from "./experts-labels.tsx";
import { LayerLoad, LoadMaps } from "./experts-load.tsx";
import { Regions } from "./experts-regions.tsx";
import { LayerTable } from "./experts-table.tsx";
import type { RecordPageProps } from "./record-page.ts";

export function ExpertsPage({ record }: RecordPageProps) {
  const routing = (record.routing ?? []).filter(({ load }) => load.length > 0);
  const index = chosenIndex("layer", routing.length, routing.length - 1);
  const entry = routing[index];
  if (entry === undefined && record.regions === undefined) {
    return <Empty>No routing was recorded, because this model has no routed experts.</Empty>;
  }
  return (
    <>
      {record.regions !== undefined && <Regions record={record} regions={record.regions} />}
      {entry !== undefined && (
        <>
          <LoadMaps routing={routing} />
          <section>
            <h2>{routing.length > 1 ? "Layer by layer" : entry.layer}</h2>
            {routing.length > 1 && (
              <Toolbar>
                <LayerSlider
                  layers={routing.map(({ layer }) => layer)}
                  value={index}
                  onChange={(layer) => choose({ layer })}
                />
              </Toolbar>
            )}
            <LayerLoad entry={entry} />
            <LayerLabels record={record} entry={withDomains(record, entry)} />
          </section>
          <ExpertGalleries record={record} entry={entry} />
          <LayerTable record={record} routing={routing} />
        </>
      )}
    </>
  );
}

/** The labels of the layer, from held-out images of all domains if these were analysed. */
function withDomains({ domains }: RecordPageProps["record"], entry: LayerRouting): LayerRouting {
  const analysed = domains?.routing.find(({ layer }) => layer === entry.layer)?.labels;
  return analysed === undefined ? entry : { ...entry, labels: analysed };
}
