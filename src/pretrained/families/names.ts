/** Rows that most families share. */
import { type NameRule, part, rule, type Source } from "../names.ts";

const layer = "model.layers.{i}";

/** Embeddings, norms, attention and head. */
export const trunk: readonly NameRule[] = [
  rule("token_embedding.weight", "model.embed_tokens.weight"),
  rule("blocks.{i}.norm1.weight", `${layer}.input_layernorm.weight`),
  rule("blocks.{i}.norm2.weight", `${layer}.post_attention_layernorm.weight`),
  ...["q", "k", "v"].flatMap((name) => [
    rule(`blocks.{i}.attn.${name}.weight`, `${layer}.self_attn.${name}_proj.weight`),
    rule(`blocks.{i}.attn.${name}.bias`, `${layer}.self_attn.${name}_proj.bias`),
  ]),
  rule("blocks.{i}.attn.proj.weight", `${layer}.self_attn.o_proj.weight`),
  rule("blocks.{i}.attn.proj.bias", `${layer}.self_attn.o_proj.bias`),
  rule("blocks.{i}.attn.q_norm.weight", `${layer}.self_attn.q_norm.weight`),
  rule("blocks.{i}.attn.k_norm.weight", `${layer}.self_attn.k_norm.weight`),
  rule("blocks.{i}.attn.sinks", `${layer}.self_attn.sinks`),
  rule("norm.weight", "model.norm.weight"),
  rule("head.weight", "lm_head.weight"),
];

/** `weight` and `bias` of a linear map or a norm. */
export function affine(to: string, from: string): NameRule[] {
  return ["weight", "bias"].map((form) => rule(`${to}.${form}`, `${from}.${form}`));
}

/** A gated layer at `to` whose matrices lie under `from`. */
export function gatedLayer(to: string, from: string): NameRule[] {
  const names = [["gate", "gate_proj"], ["up", "up_proj"], ["fc2", "down_proj"]] as const; // biome-ignore format: a table
  return names.flatMap(([own, name]) => [
    rule(`${to}.${own}.weight`, `${from}.${name}.weight`),
    rule(`${to}.${own}.bias`, `${from}.${name}.bias`),
  ]);
}

/** The dense layer of blocks without experts. */
export const dense: readonly NameRule[] = gatedLayer("blocks.{i}.mlp", `${layer}.mlp`);

const own = "blocks.{i}.moe.experts.{e}";

/** Halves of the rows of `[E, 2F, D]`, gate first, and the rows of `[E, D, F]`. */
export function fused(
  gateUp: string,
  down: string,
): Readonly<Record<"gate" | "up" | "fc2", Source>> {
  const half = (index: number): Source =>
    part(gateUp, { kind: "expert" }, { kind: "chunk", index, of: 2 });
  return { gate: half(0), up: half(1), fc2: part(down, { kind: "expert" }) };
}

/** Experts with one tensor per matrix, or fused as Transformers 5 holds them. */
export function experts(
  at: string,
  [gate, up, down]: readonly [gate: string, up: string, down: string],
): NameRule[] {
  const joined = fused(`${layer}.mlp.experts.gate_up_proj`, `${layer}.mlp.experts.down_proj`);
  const single = (name: string): Source => part(`${layer}.${at}.experts.{e}.${name}.weight`);
  return expertsFrom({
    gate: [single(gate), joined.gate],
    up: [single(up), joined.up],
    fc2: [single(down), joined.fc2],
  });
}

/** Rows of experts from given sources. */
export function expertsFrom(
  sources: Readonly<Record<"gate" | "up" | "fc2", readonly Source[]>>,
  form: "weight" | "bias" = "weight",
): NameRule[] {
  return Object.entries(sources).map(([name, from]) => rule(`${own}.${name}.${form}`, ...from));
}

/** The weight of the router, and its bias. */
export function router(...names: readonly string[]): NameRule[] {
  return ["weight", "bias"].map((form) =>
    rule(`blocks.{i}.moe.router.${form}`, ...names.map((name) => `${layer}.${name}.${form}`)),
  );
}
