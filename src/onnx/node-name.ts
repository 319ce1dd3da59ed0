/** Names of ONNX nodes: they say where in the model, and in which pass, a node stands. */
import type { Node, Phase } from "../graph/graph.ts";

/** What the name of an ONNX node tells. */
export interface NodeOrigin {
  /** Scope of the model function, such as `blocks.0.attn`; empty at its root. */
  readonly place: string;
  readonly phase: Phase;
  /** The graph's operator that the node is part of, such as `layer_norm`. */
  readonly op: string;
}

/** What the names of a node's ONNX nodes begin with: `blocks.0.norm1/backward/layer_norm#12`. */
export function nodeLabel({ place, phase, op, id }: Node): string {
  return `${place}/${phase === "forward" ? "" : `${phase}/`}${op.name}#${id}`;
}

/**
 * Reads the name of an ONNX node; undefined for nodes that were not emitted here. ONNX Runtime puts
 * a word before, or more behind, the name of a node that it joined with others.
 */
export function readNodeName(name: string): NodeOrigin | undefined {
  const match = /(?:^|\s)([^/\s]*)\/(?:(backward|recompute)\/)?([^/#\s]+)#\d+/.exec(name);
  if (match === null) return undefined;
  return { place: match[1]!, phase: (match[2] as Phase | undefined) ?? "forward", op: match[3]! };
}
