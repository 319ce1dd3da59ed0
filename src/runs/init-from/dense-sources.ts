/** Dense layers of a file that experts start as copies of (sparse upcycling, arXiv:2212.05055). */
import { below, expertLayers, expertTensor, type Tensors } from "../../moe/surgery/layout.ts";
import type { InitReport } from "./report.ts";

export interface DenseSources {
  /** Maps every expert tensor to the dense tensor that it copies. */
  readonly sources: ReadonlyMap<string, string>;
  /** Router tensors of these layers, which a dense file does not contain. */
  readonly fresh: ReadonlySet<string>;
  readonly layers: InitReport["upcycled"];
}

export const NO_EXPERTS: DenseSources = { sources: new Map(), fresh: new Set(), layers: [] };

/**
 * Layers with experts in the model and a dense counterpart in the file: `blocks.0.moe`,
 * `blocks.0.mlp`.
 */
export function denseSources(stored: Tensors, targets: Tensors): DenseSources {
  const sources = new Map<string, string>();
  const fresh = new Set<string>();
  const layers: { layer: string; numExperts: number; from: string }[] = [];
  for (const { path, numExperts, expertTensors } of expertLayers(targets)) {
    const from = path.replace(/moe$/, "mlp");
    const hasExperts = expertTensors.some((tensor) => stored.has(expertTensor(path, 0, tensor)));
    const isDense = expertTensors.some((tensor) => stored.has(below(from, tensor)));
    if (hasExperts || !isDense) continue;
    layers.push({ layer: path, numExperts, from });
    for (const tensor of expertTensors) {
      for (let e = 0; e < numExperts; e++) {
        sources.set(expertTensor(path, e, tensor), below(from, tensor));
      }
    }
    for (const name of targets.keys()) {
      if (name.startsWith(below(path, "router."))) fresh.add(name);
    }
  }
  return { sources, fresh, layers };
}
