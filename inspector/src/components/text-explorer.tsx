/** One text with its controls, shared by records and the playground. */
import { useSignal } from "@preact/signals";
import type { TextRouting } from "../data/routing.ts";
import { DecisionBars, decisionBarsHeight } from "./decision-bars.tsx";
import { LayerControls } from "./layer-controls.tsx";
import { chosenRouting, ExpertsCard } from "./routing-controls.tsx";
import { TokenStrip } from "./token-strip.tsx";

interface TextExplorerProps {
  readonly text: TextRouting;
  readonly kindsOf?: (layer: string) => readonly string[] | undefined;
}

/**
 * Layer, choice and expert are stored in the address; the token follows the pointer or the focus.
 */
export function TextExplorer({ text, kindsOf }: TextExplorerProps) {
  const { layers, tokens } = text;
  const shown = chosenRouting(layers);
  const { layer, routed, choice, focus } = shown;
  const picked = useSignal<number | null>(null);
  const pointed = useSignal<number | null>(null);
  const within = (place: number | null): number | null =>
    place !== null && place < tokens.length ? place : null;
  const chosen = within(picked.value);
  const token = within(pointed.value) ?? chosen;
  return (
    <div class="explorer text">
      <div class="stage">
        <LayerControls layers={layers} chosen={shown} />
        <div class="card page-of-text">
          <TokenStrip
            text={text}
            layer={layer}
            choice={choice}
            focus={focus}
            token={chosen}
            onToken={(next) => {
              picked.value = next;
            }}
            onPoint={(next) => {
              pointed.value = next;
            }}
          />
        </div>
      </div>
      <div class="aside">
        <ExpertsCard
          chosen={shown}
          unit="tokens of this text"
          note="Choose an expert to see only its tokens. Dashed tokens were dropped."
        />
        <div class="card">
          <h3>
            Probabilities{" "}
            {token !== null && <small>of “{tokens[token]!.trim() || "\u2423"}”, all layers</small>}
          </h3>
          {token === null ? (
            <p class="none" style={{ minHeight: `${decisionBarsHeight(layers.length)}px` }}>
              Point at a token or select one with the arrow keys.
            </p>
          ) : (
            <DecisionBars
              layers={layers}
              place={token}
              name={`token ${token + 1}`}
              kinds={kindsOf?.(routed.layer)}
            />
          )}
        </div>
      </div>
    </div>
  );
}
