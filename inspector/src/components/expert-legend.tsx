/** Experts to choose from, with their shares. */
import { expertColors, formatPercent, inkOn } from "moesaic/report/browser";

interface SwatchProps {
  readonly expert: number;
}

/** The colour of an expert with its number. */
export function Swatch({ expert }: SwatchProps) {
  const color = expertColors(expert + 1)[expert]!;
  return (
    <span class="swatch" style={{ background: color, color: inkOn(color) }}>
      {expert}
    </span>
  );
}

interface ExpertLegendProps {
  /** One share an expert. */
  readonly shares: readonly number[];
  /** What the shares are of, such as `patches of this image`. */
  readonly unit: string;
  readonly focus: number | null;
  readonly onFocus: (expert: number | null) => void;
}

/** Buttons that show what one expert took; a second click shows all again. */
export function ExpertLegend({ shares, unit, focus, onFocus }: ExpertLegendProps) {
  return (
    <fieldset class="legend experts" aria-label={`Experts, with their share of the ${unit}`}>
      {shares.map((share, expert) => (
        <button
          key={expert}
          type="button"
          class="expert"
          aria-pressed={focus === expert}
          title={`expert ${expert}: ${formatPercent(share)} of the ${unit}`}
          onClick={() => onFocus(focus === expert ? null : expert)}
        >
          <Swatch expert={expert} />
          <span class="share">{formatPercent(share, 0)}</span>
        </button>
      ))}
    </fieldset>
  );
}
