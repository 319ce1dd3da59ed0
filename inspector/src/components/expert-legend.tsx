/** Expert selection with shares. */
import { expertColors, formatPercent, inkOn } from "moesaic/report/browser";

interface SwatchProps {
  readonly expert: number;
}

/** An expert's number on its colour. */
export function Swatch({ expert }: SwatchProps) {
  const color = expertColors(expert + 1)[expert]!;
  return (
    <span class="swatch" style={{ background: color, color: inkOn(color) }}>
      {expert}
    </span>
  );
}

interface ExpertLegendProps {
  /** One share per expert. */
  readonly shares: readonly number[];
  /** Description of the whole, such as `patches of this image`. */
  readonly unit: string;
  readonly focus: number | null;
  readonly onFocus: (expert: number | null) => void;
}

/** Buttons that highlight one expert; a second click shows all experts. */
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
