/** Shares as bars, in descending order. */
import { formatPercent } from "moesaic/report/browser";

interface BarsProps {
  readonly names: readonly string[];
  /** Shares, 0 to 1, one per name. */
  readonly shares: readonly number[];
  readonly title: string;
}

/** Maximum number of bars. */
const most = 10;

export function Bars({ names, shares, title }: BarsProps) {
  const order = shares.map((share, i) => ({ share, i })).sort((a, b) => b.share - a.share);
  return (
    <div class="card answer">
      <h3>{title}</h3>
      <ul class="bars big">
        {order.slice(0, most).map(({ share, i }, rank) => (
          <li key={i} class={rank === 0 ? "top" : undefined}>
            <span>{names[i] ?? `class ${i}`}</span>
            <b>{formatPercent(share)}</b>
            <i style={{ width: `${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%` }} />
          </li>
        ))}
      </ul>
      {order.length > most && (
        <p class="note">
          Top {most} of {order.length}.
        </p>
      )}
    </div>
  );
}
