/** Dense layers of stored weights that experts start from (sparse upcycling, arXiv:2212.05055). */
import { usageError } from "../../graph/errors.ts";
import { type ExpertSource, expertSources } from "../../moe/surgery/expert-start.ts";
import { below, expertLayers, expertTensor, type Tensors } from "../../moe/surgery/layout.ts";
import type { NamedWeights, ReadSource } from "./read-source.ts";
import type { InitReport } from "./report.ts";

export interface DenseSources {
  /** Where every expert tensor comes from, by its name. */
  readonly sources: ReadonlyMap<string, ExpertSource>;
  /** Router tensors of these layers, which a dense file does not contain. */
  readonly fresh: ReadonlySet<string>;
  readonly layers: InitReport["upcycled"];
}

export const NO_EXPERTS: DenseSources = { sources: new Map(), fresh: new Set(), layers: [] };

/**
 * Layers with experts in the model and a dense counterpart in the source: `blocks.0.moe`,
 * `blocks.0.mlp`.
 *
 * @throws UserError (exit code 2) if named sources of experts are not used
 */
export function denseSources(source: ReadSource, targets: Tensors): DenseSources {
  const sources = new Map<string, ExpertSource>();
  const fresh = new Set<string>();
  const layers: { layer: string; numExperts: number; from: string }[] = [];
  const { tensors: stored, experts } = source;
  const dense = experts[0]?.tensors ?? stored;
  for (const layer of expertLayers(targets)) {
    const { path, numExperts, expertTensors } = layer;
    const from = path.replace(/moe$/, "mlp");
    const hasExperts = expertTensors.some((tensor) => stored.has(expertTensor(path, 0, tensor)));
    const isDense = expertTensors.some((tensor) => dense.has(below(from, tensor)));
    if (hasExperts || !isDense) continue;
    if (experts.length > numExperts) {
      throw usageError(
        `${experts[0]!.at} names ${experts.length} models for the ${numExperts} experts of ${path}; name at most ${numExperts}`,
      );
    }
    layers.push({ layer: path, numExperts, from });
    for (const [name, own] of expertSources(layer, from)) sources.set(name, own);
    for (const name of targets.keys()) {
      if (name.startsWith(below(path, "router."))) fresh.add(name);
    }
  }
  if (experts.length > 0 && layers.length === 0) {
    throw usageError(
      `${experts[0]!.at}: no layer with experts of the model has a dense layer in ${experts[0]!.path}; set model.moe_layers, or rename`,
    );
  }
  return { sources, fresh, layers };
}

/**
 * The stored weights that hold a dense tensor of an expert.
 *
 * @throws UserError (exit code 2) if the source of this expert lacks it
 */
export function holderOf({ dense, expert, index }: ExpertSource, source: ReadSource): NamedWeights {
  const { experts } = source;
  if (experts.length === 0) return source;
  const holder = experts[index % experts.length]!;
  if (holder.tensors.has(dense) || holder.unreadable.has(dense)) return holder;
  throw usageError(
    `${holder.at}: ${holder.path} has no tensor "${dense}", from which ${expert} starts`,
  );
}
