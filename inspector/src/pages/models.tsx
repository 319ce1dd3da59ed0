/** Checkpoints from the hub in the list of runs. */
import type { ModelEntry } from "moesaic/inspect";
import { formatCompact } from "moesaic/report/browser";
import { hrefOf } from "../route.ts";

export function Models({ models }: { readonly models: readonly ModelEntry[] }) {
  if (models.length === 0) return null;
  return (
    <div class="grid models">
      {models.map(({ id, name, family, parameters, experts }) => (
        <a key={id} class="card model" href={hrefOf({ model: id, page: "model" })}>
          <b>{name}</b>
          <span>{family}</span>
          <span>
            {formatCompact(parameters.total)} parameters
            {experts && `, ${experts.selected} of ${experts.routed} experts per token`}
          </span>
        </a>
      ))}
    </div>
  );
}
