/** Names of ONNX nodes encode the place in the model and the pass. */
import type { Node, Phase } from "../graph/graph.ts";

/** The parts of an ONNX node name. */
export interface NodeOrigin {
  /** Scope of the model function, such as `blocks.0.attn`; empty at its root. */
  readonly place: string;
  readonly phase: Phase;
  /** The operator of the graph that emitted the node, such as `layer_norm`. */
  readonly op: string;
}

/** Prefix of the names of a node's ONNX nodes: `blocks.0.norm1/backward/layer_norm#12`. */
export function nodeLabel({ place, phase, op, id }: Node): string {
  return `${place}/${phase === "forward" ? "" : `${phase}/`}${op.name}#${id}`;
}

/**
 * Parses the name of an ONNX node; undefined for foreign names. ONNX Runtime adds prefixes and suffixes
 * to the names of fused nodes.
 */
export function readNodeName(name: string): NodeOrigin | undefined {
  const match = /(?:^|\s)([^/\s]*)\/(?:(backward|recompute)\/)?([^/#\s]+)#\d+/.exec(name);
  if (match === null) return undefined;
  return { place: match[1]!, phase: (match[2] as Phase | undefined) ?? "forward", op: match[3]! };
}
