/** Family, sizes and routing rule of a checkpoint. */
import type { ModelEntry } from "moesaic/inspect";
import { formatBytes, formatCompact, formatCount } from "moesaic/report/browser";

export function ModelFacts({ model }: { readonly model: ModelEntry }) {
  const { parameters, layers, experts, heads, stored } = model;
  return (
    <>
      <p class="lede">
        <b>{model.family}</b> ({model.paper}).{" "}
        {model.routing !== undefined && <>{sentence(model.routing)} </>}
        {experts === undefined && "All its layers are dense, so it has no routing."}
      </p>
      <dl class="figures">
        <Figure name="Parameters" value={formatCompact(parameters.total)}>
          {formatCompact(parameters.active)} active per token
        </Figure>
        <Figure name="Layers" value={formatCount(layers.all)}>
          {layers.withExperts === layers.all ? "all" : formatCount(layers.withExperts)} with experts
        </Figure>
        {experts !== undefined && (
          <Figure name="Experts" value={`${experts.selected} of ${experts.routed}`}>
            per token{experts.shared > 0 && `, and ${experts.shared} shared`}
          </Figure>
        )}
        <Figure name="Width" value={formatCount(model.width)}>
          {heads.queries} heads, {heads.keysAndValues} of keys and values
        </Figure>
        <Figure name="Context" value={formatCount(model.context)}>
          tokens of {formatCount(model.vocabulary)}
        </Figure>
        <Figure name="Memory" value={formatBytes(model.memory)}>
          {formatBytes(stored.bytes)} of {Object.keys(stored.types).join(", ")} on disk
        </Figure>
      </dl>
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly children: preact.ComponentChildren;
}

function Figure({ name, value, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        <small>{children}</small>
      </dd>
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
