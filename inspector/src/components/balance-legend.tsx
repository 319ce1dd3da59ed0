/** The colours of heat maps of routing. */
import { balanceLegend, cssTheme } from "moesaic/report/browser";

export function BalanceLegend() {
  return (
    <ul class="legend balance">
      {balanceLegend(cssTheme).map(({ label, color }) => (
        <li key={label}>
          <span class="swatch small" style={{ background: color }} />
          {label}
        </li>
      ))}
    </ul>
  );
}
