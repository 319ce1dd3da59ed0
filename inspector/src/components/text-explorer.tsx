/** One text with what steers it; records and the playground share it. */
import { useSignal } from "@preact/signals";
import { mostChoices, sharesOf, type TextRouting } from "../data/routing.ts";
import { choose, chosenIndex } from "../route.ts";
import { Choice, LayerSlider, Toolbar } from "./controls.tsx";
import { ExpertLegend } from "./expert-legend.tsx";
import { Gates } from "./gates.tsx";
import { TokenStrip } from "./token-strip.tsx";

interface TextExplorerProps {
  readonly text: TextRouting;
  readonly kindsOf?: (layer: string) => readonly string[] | undefined;
}

const ordinals = ["first", "second", "third", "fourth"] as const;

/** Layer, choice and expert are in the address; the token is what the pointer or the focus is on. */
export function TextExplorer({ text, kindsOf }: TextExplorerProps) {
  const { layers, tokens } = text;
  const layer = chosenIndex("layer", layers.length, layers.length - 1);
  const routed = layers[layer]!;
  const choices = Math.min(ordinals.length, mostChoices(layers));
  const choice = chosenIndex("choice", choices, 0);
  const shares = sharesOf([routed], choice);
  const focused = chosenIndex("expert", shares.length, -1);
  const focus = focused < 0 ? null : focused;
  const pointed = useSignal<number | null>(null);
  const token = pointed.value !== null && pointed.value < tokens.length ? pointed.value : null;
  return (
    <div class="explorer text">
      <div class="stage">
        <Toolbar>
          <LayerSlider
            layers={layers.map((entry) => entry.layer)}
            value={layer}
            onChange={(value) => choose({ layer: value })}
          />
          {choices > 1 && (
            <Choice
              label="Choice"
              value={choice}
              options={ordinals.slice(0, choices).map((label, value) => ({ label, value }))}
              onChange={(value) => choose({ choice: value })}
            />
          )}
        </Toolbar>
        <div class="card page-of-text">
          <TokenStrip
            text={text}
            layer={layer}
            choice={choice}
            focus={focus}
            token={token}
            onToken={(next) => {
              pointed.value = next;
            }}
          />
        </div>
      </div>
      <div class="aside">
        <div class="card">
          <h3>
            Experts <small>share of the tokens of this text in {routed.layer}</small>
          </h3>
          <ExpertLegend
            shares={shares}
            unit={`tokens of this text in ${routed.layer}`}
            focus={focus}
            onFocus={(expert) => choose({ expert })}
          />
          <p class="note">Choose an expert to see only its tokens. Dashed tokens were dropped.</p>
        </div>
        <div class="card">
          <h3>
            Gates{" "}
            {token !== null && <small>of “{tokens[token]!.trim() || "\u2423"}”, all layers</small>}
          </h3>
          {token === null ? (
            <p class="none gates-room">Point at a token, or move to one with the arrow keys.</p>
          ) : (
            <Gates
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
