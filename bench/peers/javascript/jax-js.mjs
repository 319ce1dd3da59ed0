/**
 * The dense vision transformer in jax-js on WebAssembly, compiled with `jit`.
 *
 * Axes: B images, S patches, D width, H heads. Functions consume their array arguments;
 * `.ref` keeps an array for another use.
 */

import { readFileSync } from "node:fs";

const folder = new URL("../../.peers/node_modules/@jax-js/jax/", import.meta.url);
const { init, defaultDevice, blockUntilReady, jit, valueAndGrad, nn, numpy, tree } = await import(
  new URL("dist/index.js", folder).href
);
await init("wasm");
defaultDevice("wasm");

export const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));

const heads = 8;
const tokens = 49;
const blocks = 4;
const classes = 10;
const patch = 4;

export function createModel({ weights, images, labels, config }) {
  const { width, batchSize } = config;
  const parameters = Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => [
      name,
      numpy.array(data).reshape(shape),
    ]),
  );
  const side = images.shape[2] / patch;
  const pixels = numpy
    .transpose(
      numpy.array(images.data).reshape([batchSize, side, patch, side, patch]),
      [0, 1, 3, 2, 4],
    )
    .reshape([batchSize * tokens, patch * patch]);
  const targets = nn.oneHot(numpy.array(Int32Array.from(labels.data, Number)), classes); // [B, 10]

  const logits = (p, x) => forward(p, x, batchSize, width);
  const loss = (p, x, y) => numpy.sum(nn.logSoftmax(logits(p, x), -1).mul(y)).mul(-1 / batchSize);
  const compiledLogits = jit(logits);
  const compiledGradients = jit(valueAndGrad(loss));

  return {
    async lossAndGradients() {
      const [value, gradients] = compiledGradients(tree.ref(parameters), pixels.ref, targets.ref);
      await blockUntilReady(gradients);
      tree.dispose(gradients);
      return (await value.data())[0];
    },
    async infer() {
      await compiledLogits(tree.ref(parameters), pixels.ref).data();
    },
    dispose: () => tree.dispose([parameters, pixels, targets]),
  };
}

/** Logits [B, 10] of patches [B*S, 16]. */
function forward(p, patches, batchSize, width) {
  const kernel = p["patch_embed.proj.weight"].reshape([width, patch * patch]);
  let x = affine(patches, kernel, p["patch_embed.proj.bias"]); // [B*S, D]
  x = x
    .reshape([batchSize, tokens, width])
    .add(p.pos_embed)
    .reshape([batchSize * tokens, width]);
  for (let i = 0; i < blocks; i++) {
    const at = `blocks.${i}`;
    x = x.ref.add(attention(p, `${at}.attn`, norm(p, `${at}.norm1`, x), batchSize, width));
    const hidden = linear(p, `${at}.mlp.fc1`, norm(p, `${at}.norm2`, x.ref)); // [B*S, 4D]
    x = x.add(linear(p, `${at}.mlp.fc2`, nn.gelu(hidden, { approximate: false })));
  }
  const pooled = numpy.mean(norm(p, "norm", x).reshape([batchSize, tokens, width]), 1); // [B, D]
  return linear(p, "head", pooled);
}

function attention(p, name, x, batchSize, width) {
  const shape = [batchSize, tokens, heads, width / heads];
  const qkv = linear(p, `${name}.qkv`, x); // [B*S, 3D]
  const [q, k, v] = numpy
    .split(qkv, 3, 1)
    .map((part) => numpy.transpose(part.reshape(shape), [0, 2, 1, 3])); // each [B, H, S, D/H]
  // nn.dotProductAttention is the same; it needs iterator helpers, which Node 20 lacks.
  const scores = numpy.matmul(q, numpy.matrixTranspose(k)).mul((width / heads) ** -0.5);
  const mixed = numpy.transpose(numpy.matmul(nn.softmax(scores, -1), v), [0, 2, 1, 3]); // [B, S, H, D/H]
  return linear(p, `${name}.proj`, mixed.reshape([batchSize * tokens, width]));
}

const affine = (x, weight, bias) => numpy.matmul(x, numpy.matrixTranspose(weight)).add(bias);

const linear = (p, name, x) => affine(x, p[`${name}.weight`], p[`${name}.bias`]);

const norm = (p, name, x) =>
  nn.standardize(x, -1, { epsilon: 1e-5 }).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);
