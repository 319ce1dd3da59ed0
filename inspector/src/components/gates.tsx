/** What the routers made of one patch or word. */
import { decisionChart } from "../../../src/report/browser.ts";
import { decisionsAt, type RoutingLayer } from "../data/routing.ts";
import { Chart } from "./chart.tsx";

interface GatesProps {
  readonly layers: readonly RoutingLayer[];
  readonly place: number;
  /** Such as `row 2, column 3`. */
  readonly name: string;
  readonly kinds?: readonly string[] | undefined;
}

/** Bars of all experts, layer by layer. */
export function Gates({ layers, place, name, kinds }: GatesProps) {
  const partial = layers.some(({ probabilities }) => probabilities === undefined);
  return (
    <div class="gates">
      <Chart
        height={30 + 62 * layers.length}
        widest={560}
        of={[layers, place, kinds]}
        draw={(width) =>
          decisionChart(
            { layers: decisionsAt(layers, place) },
            { document, width, label: `Gates of ${name}`, ...(kinds && { kinds }) },
          )
        }
      />
      <p class="note">
        The router’s probability of each expert in percent. Chosen experts stand in full colour; the
        dashed line is an even share.
        {partial && " The record holds the gates of chosen experts alone."}
      </p>
    </div>
  );
}
