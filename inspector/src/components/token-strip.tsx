/** Tokens in the colours of one layer's experts. */
import { expertAt, type TextRouting, weightAt } from "../data/routing.ts";

interface TokenStripProps {
  readonly text: TextRouting;
  readonly layer: number;
  readonly choice: number;
  /** The highlighted expert. */
  readonly focus: number | null;
  /** The token whose probabilities are shown. */
  readonly token: number | null;
  readonly onToken: (token: number | null) => void;
  /** Called with the token under the mouse, or null. */
  readonly onPoint: (token: number | null) => void;
}

/** Tokens with a combine weight below these are tinted fainter, as in reports. */
const weightLevels = [0.25, 0.5] as const;
/** Maximum length of a token that is not wrapped, characters. */
const longest = 24;

/** Each token is a button with its expert's number below; arrow keys move between tokens. */
export function TokenStrip(props: TokenStripProps) {
  const { text, layer, choice, focus, token, onToken, onPoint } = props;
  const { tokens, layers } = text;
  const routed = layers[layer]!;
  const stop = token ?? 0;
  return (
    <div
      class={focus === null ? "tokens strip" : "tokens strip focused"}
      role="toolbar"
      aria-label={`Tokens in ${routed.layer}`}
      onKeyDown={(event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (event.key === "Escape") onToken(null);
        if (step === undefined) return;
        event.preventDefault();
        const next = Math.min(tokens.length - 1, Math.max(0, stop + step));
        const button = event.currentTarget.querySelectorAll("button")[next];
        button?.focus();
        onToken(next);
      }}
    >
      {tokens.map((word, i) => {
        const expert = expertAt(routed, choice, i);
        const weight = weightAt(routed, choice, i) ?? 1;
        const shown = visible(word);
        const level = weight >= weightLevels[1] ? "" : weight >= weightLevels[0] ? " g1" : " g0";
        const long = shown.length > longest ? " long" : "";
        const on = expert === focus ? " on" : "";
        const look = expert < 0 ? `dropped${long}` : `token${level}${on}${long}`;
        return (
          <>
            <button
              key={i}
              type="button"
              class={look}
              data-expert={expert < 0 ? undefined : expert}
              aria-pressed={i === token}
              aria-label={
                expert < 0
                  ? `${shown}: no expert`
                  : `${shown}: expert ${expert}, weight ${weight.toFixed(2)}`
              }
              tabIndex={i === stop ? 0 : -1}
              onClick={() => onToken(i === token ? null : i)}
              onPointerEnter={(event) => event.pointerType === "mouse" && onPoint(i)}
              onPointerLeave={() => onPoint(null)}
            >
              {shown}
              <b>{expert < 0 ? "\u2013" : expert}</b>
            </button>
            {endsLine(tokens, i) && <br />}
          </>
        );
      })}
    </div>
  );
}

/** Shows white space as symbols if a token has no other characters or ends a line. */
function visible(token: string): string {
  const marked = token.replaceAll("\n", "\u21b5").replaceAll("\t", "\u21e5");
  return marked.trim() === "" ? marked.replaceAll(" ", "\u2423") : marked;
}

/** Empty lines have no height. */
function endsLine(tokens: readonly string[], i: number): boolean {
  return tokens[i]!.endsWith("\n") && tokens[i + 1]?.startsWith("\n") === false;
}
