/**
 * Multi-head latent attention: keys and values of all heads come from one short vector per token
 * (DeepSeek-V2, arXiv:2405.04434, section 2.1).
 *
 * Axes: `B` sequences, `S` new tokens, `H` heads, `W` width of queries and keys, of which the last `R` are
 * rotated, `V` width of values, `L` capacity of the cache. Values are padded with zeros to `W` in the cache.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim } from "../../graph/shape.ts";
import { concat, pad, slice } from "../../ops/join.ts";
import { expand, reshape, transpose } from "../../ops/reshape.ts";
import { linear } from "../linear.ts";
import { rmsNorm } from "../rms-norm.ts";
import type { Scope } from "../scope.ts";
import {
  type GroupedHeadOptions,
  type GroupedHeads,
  joinGroups,
  mixGroups,
  mixNext,
} from "./grouped-attention.ts";
import type { CachedAttention, KeyValues } from "./kv-cache.ts";
import { type Rotation, rotate } from "./rotary.ts";

export interface LatentOptions {
  /** Width of the vector from which queries come; undefined: they come from the token itself. */
  readonly queryRank?: number | undefined;
  /** Width of the vector from which keys and values come. */
  readonly keyValueRank: number;
  /** `R`; even. */
  readonly rotaryWidth: number;
  /** `V`, at most `W`. */
  readonly valueWidth: number;
}

type Options = GroupedHeadOptions & { readonly latent: LatentOptions };

/**
 * Latent attention of whole sequences.
 *
 * Parameters `q_a.weight` `[Q, D]`, `q_a_norm.weight` and `q_b.weight` `[H W, Q]`, or `q.weight` `[H W, D]`;
 * `kv_a.weight` `[K + R, D]`, `kv_a_norm.weight`, `kv_b.weight` `[H (W - R + V), K]`, `proj.weight` `[D, H V]`;
 * tap `weights` `[1, B, H, S, S]`.
 *
 * @param x `[B*S, D]`
 * @param bias added to the scores; -Infinity hides a key
 *
 * No example: `decoder` uses it for DeepSeek.
 */
export function latentAttention(
  scope: Scope,
  x: Tensor,
  options: Options & { readonly numTokens: number; readonly bias?: Tensor },
): CachedAttention {
  const { numTokens } = options;
  const heads = projectLatent(scope, x, divideDim(x.shape[0]!, numTokens), numTokens, options);
  return joinValues(scope, x, heads, mixGroups(scope, heads, options), options);
}

/**
 * Latent attention of one new token per sequence over the tokens in the cache and itself.
 *
 * @param x `[B, D]`
 * @param cache `[B, H, L, W]`
 *
 * No example: the cache is an input of the graph; see `decoderStep` for its use.
 */
export function latentDecode(
  scope: Scope,
  x: Tensor,
  cache: KeyValues,
  options: Options & { readonly hidden: Tensor },
): CachedAttention {
  const heads = projectLatent(scope, x, x.shape[0]!, 1, options);
  return joinValues(scope, x, heads, mixNext(scope, heads, cache, options), options);
}

function projectLatent(
  scope: Scope,
  x: Tensor,
  batch: Dim,
  numTokens: number,
  { numHeads, headWidth, latent, rotation, normEpsilon, weightInit }: Options,
): GroupedHeads {
  const { queryRank, keyValueRank, rotaryWidth, valueWidth } = latent;
  const plain = headWidth - rotaryWidth;
  const form = { bias: false, ...(weightInit && { weightInit }) };
  const short = (name: string, width: number): Tensor => linear(scope.child(name), x, width, form);
  const normed = (name: string, y: Tensor): Tensor => rmsNorm(scope.child(name), y, normEpsilon);
  const perHead = (y: Tensor, count: number, width: number): Tensor =>
    transpose(reshape(y, [batch, numTokens, count, width]), [0, 2, 1, 3]); // [B, n, S, w]
  const turn = (y: Tensor, by: Rotation | undefined): Tensor =>
    by === undefined ? y : rotate(y, by, { interleaved: true });

  const wide = numHeads * headWidth;
  const asked =
    queryRank === undefined
      ? short("q", wide)
      : linear(scope.child("q_b"), normed("q_a_norm", short("q_a", queryRank)), wide, form);
  const q = perHead(asked, numHeads, headWidth);
  const queries = concat([slice(q, -1, 0, plain), turn(slice(q, -1, plain), rotation)], -1);

  const both = short("kv_a", keyValueRank + rotaryWidth);
  const common = normed("kv_a_norm", slice(both, -1, 0, keyValueRank));
  const own = linear(scope.child("kv_b"), common, numHeads * (plain + valueWidth), form);
  const kv = perHead(own, numHeads, plain + valueWidth);
  const shared = turn(perHead(slice(both, -1, keyValueRank), 1, rotaryWidth), rotation); // [B, 1, S, R]
  const everyHead = expand(shared, slice(q, -1, plain)); // [B, H, S, R]
  return {
    queries,
    keys: concat([slice(kv, -1, 0, plain), everyHead], -1),
    values: pad(slice(kv, -1, plain), -1, 0, headWidth - valueWidth),
  };
}

function joinValues(
  scope: Scope,
  x: Tensor,
  { keys, values }: GroupedHeads,
  mixed: Tensor,
  options: Options,
): CachedAttention {
  const { valueWidth } = options.latent;
  return { output: joinGroups(scope, slice(mixed, -1, 0, valueWidth), x, options), keys, values };
}
