/**
 * Routing choices shared by image and text pages: layer, choice, expert and tint, stored in the
 * address.
 */
import type { RecordedLayer } from "moesaic/inspect";
import { mostChoices, sharesOf } from "../data/routing.ts";
import { choose, chosenIndex } from "../route.ts";
import { ExpertLegend } from "./expert-legend.tsx";

export const ordinals = ["first", "second", "third", "fourth"] as const;

export interface ChosenRouting {
  readonly layer: number;
  readonly routed: RecordedLayer;
  /** Maximum number of selectable choices; the bars show later ones. */
  readonly choices: number;
  readonly choice: number;
  /** Shares of the patches or tokens, by expert. */
  readonly shares: readonly number[];
  readonly focus: number | null;
}

/** Reads the routing choices from the address. Default: last layer, first choice, no expert. */
export function chosenRouting(layers: readonly RecordedLayer[]): ChosenRouting {
  const layer = chosenIndex("layer", layers.length, layers.length - 1);
  const routed = layers[layer]!;
  const choices = Math.min(ordinals.length, mostChoices(layers));
  const choice = chosenIndex("choice", choices, 0);
  const shares = sharesOf([routed], choice);
  const expert = chosenIndex("expert", shares.length, -1);
  return { layer, routed, choices, choice, shares, focus: expert < 0 ? null : expert };
}

interface ExpertsCardProps {
  readonly chosen: ChosenRouting;
  /** Name of the routed items, such as "patches of this image". */
  readonly unit: string;
  readonly note: string;
}

/** Shares of the layer's experts, with selection. */
export function ExpertsCard({ chosen, unit, note }: ExpertsCardProps) {
  const name = `${unit} in ${chosen.routed.layer}`;
  return (
    <div class="card">
      <h3>
        Experts <small>share of the {name}</small>
      </h3>
      <ExpertLegend
        shares={chosen.shares}
        unit={name}
        focus={chosen.focus}
        onFocus={(expert) => choose({ expert })}
      />
      <p class="note">{note}</p>
    </div>
  );
}
