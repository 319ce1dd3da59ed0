/** Reads texts with a language model for their routing alone. */
import { compileForward } from "../../evaluate/forward.ts";
import { array, type NdArray } from "../../graph/array.ts";
import { input } from "../../graph/inputs.ts";
import { isRoutingTap, type RoutingPart } from "../../moe/routing-taps.ts";
import type { TextModel } from "../open-language-model.ts";

/** A compiled model; the caller must dispose of it. */
export interface TextReader {
  /** Tokens that are read together. */
  readonly size: number;
  /**
   * The taps of the routing by name, for `size` tokens: the given ones, then padding.
   *
   * @param tokens 1 to `size`
   */
  read(tokens: readonly number[]): Promise<Record<string, NdArray>>;
  dispose(): void;
}

/**
 * Compiles a model for `size` tokens at a time.
 *
 * @param parts of the routing that are read
 */
export async function compileReader(
  { model, compile }: Pick<TextModel, "model" | "compile">,
  size: number,
  parts: readonly RoutingPart[],
): Promise<TextReader> {
  const forward = await compileForward(
    (scope) => {
      const ids = input(scope.graph, "ids", { dtype: "int64", shape: [1, size] });
      const lengths = input(scope.graph, "lengths", { dtype: "int64", shape: [1] });
      return { logits: model.logits(scope, ids, lengths) };
    },
    { ...compile, taps: (name) => isRoutingTap(name, parts) },
  );
  return {
    size,
    read(tokens) {
      const padded = [...tokens, ...Array<number>(size - tokens.length).fill(0)];
      const inputs = { ids: array([padded], "int64"), lengths: array([tokens.length], "int64") };
      return forward.run(inputs, [...forward.taps]);
    },
    dispose: () => forward.dispose(),
  };
}
