/** What the pages of images and of texts share: layer, choice, expert and colour, all in the address. */
import type { RecordedLayer } from "moesaic/inspect";
import { mostChoices, sharesOf } from "../data/routing.ts";
import { choose, chosenIndex } from "../route.ts";
import { ExpertLegend } from "./expert-legend.tsx";

export const ordinals = ["first", "second", "third", "fourth"] as const;

export interface ChosenRouting {
  readonly layer: number;
  readonly routed: RecordedLayer;
  /** How many choices can be looked at; those beyond are seldom wanted, and are in the bars. */
  readonly choices: number;
  readonly choice: number;
  /** Of the patches or tokens, by expert. */
  readonly shares: readonly number[];
  readonly focus: number | null;
}

/** What the address says of routed layers: the last one and the first choice at first, no expert. */
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
  /** What has experts: "patches of this image". */
  readonly unit: string;
  readonly note: string;
}

/** Shares of the experts of the layer; one can be chosen. */
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
