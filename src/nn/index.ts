/** Layers with parameters, and the scope that names them. */
export { type AttentionOptions, selfAttention } from "./attention.ts";
export { dropout } from "./dropout.ts";
export {
  constantOf,
  type Initializer,
  kaimingNormal,
  normalOf,
  ones,
  orthogonal,
  torchLinear,
  truncatedNormal,
  uniformOf,
  xavierUniform,
  zeros,
} from "./initializers.ts";
export { layerNorm } from "./layer-norm.ts";
export { type LinearOptions, linear } from "./linear.ts";
export { type PatchEmbedOptions, patchEmbed, patchGrid, patchify } from "./patch-embed.ts";
export {
  createScope,
  type ParameterSpec,
  type RandomDistribution,
  type RandomSpec,
  type Scope,
  type Trace,
} from "./scope.ts";
