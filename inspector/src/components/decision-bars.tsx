/** Router decisions for one patch or word. */

import type { RecordedLayer } from "moesaic/inspect";
import { decisionChart } from "moesaic/report/browser";
import { decisionsAt } from "../data/routing.ts";
import { Chart } from "./chart.tsx";

interface DecisionBarsProps {
  readonly layers: readonly RecordedLayer[];
  readonly place: number;
  /** Name of the patch or word, such as `row 2, column 3`. */
  readonly name: string;
  readonly kinds?: readonly string[] | undefined;
}

/** Height of the bars for this many layers, pixels. */
export function decisionBarsHeight(numLayers: number): number {
  return 30 + 62 * numLayers;
}

/** Bars of all experts, layer by layer. */
export function DecisionBars({ layers, place, name, kinds }: DecisionBarsProps) {
  const partial = layers.some(({ probabilities }) => probabilities === undefined);
  return (
    <div class="decision-bars">
      <Chart
        height={decisionBarsHeight(layers.length)}
        widest={560}
        of={[layers, place, kinds]}
        draw={(width) =>
          decisionChart(
            { layers: decisionsAt(layers, place) },
            { document, width, label: `Probabilities of ${name}`, ...(kinds && { kinds }) },
          )
        }
      />
      <p class="note">
        The router’s probability of each expert in percent. Chosen experts have full colour; the
        dashed line is the even share.
        {partial && " The record has weights of chosen experts only."}
      </p>
    </div>
  );
}
