/** Load of the experts. */
import type { LayerRouting } from "moesaic/inspect";
import {
  deadBelow,
  loadBarsChart,
  loadMapChart,
  loadStatus,
  overloadedAbove,
  statusSign,
} from "moesaic/report/browser";
import type { ComponentChildren } from "preact";
import { BalanceLegend } from "../components/balance-legend.tsx";
import { Chart } from "../components/chart.tsx";

interface LoadMapsProps {
  readonly routing: readonly LayerRouting[];
  /** A further sentence. */
  readonly children?: ComponentChildren;
}

/** All layers in one chart. */
export function LoadMaps({ routing, children }: LoadMapsProps) {
  return (
    <>
      <p class="lede">
        A balanced router gives each of E experts 1/E of all assignments.{" "}
        <b>{statusSign.dead} dead</b> experts get less than {deadBelow} times that,{" "}
        <b>{statusSign.overloaded} overloaded</b> ones more than {overloadedAbove} times. {children}
      </p>
      <figure class="card loads">
        <h3>
          Load by layer <small>as a multiple of the even share</small>
        </h3>
        <BalanceLegend />
        <Chart
          height={46 + 40 * routing.length}
          widest={1300}
          of={[routing]}
          draw={(width) =>
            loadMapChart(routing, {
              document,
              width,
              label: "Expert load of each layer as multiples of the even share",
            })
          }
        />
      </figure>
    </>
  );
}

/** The bars of one layer, with a list of its dead and overloaded experts. */
export function LayerLoad({ entry }: { readonly entry: LayerRouting }) {
  const { load, numExperts, layer } = entry;
  const list = (status: "dead" | "overloaded"): string =>
    load
      .flatMap((share, e) => (loadStatus(share, numExperts) === status ? [String(e)] : []))
      .join(", ");
  const [dead, over] = [list("dead"), list("overloaded")];
  return (
    <figure class="card">
      <h3>
        Share of assignments <small>{layer}; dashed: the even share</small>
      </h3>
      <Chart
        height={190}
        widest={Math.min(1300, 160 + 110 * numExperts)}
        of={[entry]}
        draw={(width) =>
          loadBarsChart(entry, { document, width, label: `Expert load of ${layer}` })
        }
      />
      <figcaption>
        {dead === "" && over === "" && "No expert is dead or overloaded."}
        {dead !== "" && (
          <b class="warning">
            {statusSign.dead} Dead: {dead}.{" "}
          </b>
        )}
        {over !== "" && (
          <b class="warning">
            {statusSign.overloaded} Overloaded: {over}.
          </b>
        )}
      </figcaption>
    </figure>
  );
}
