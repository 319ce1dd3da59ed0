/**
 * The dense vision transformer in TensorFlow.js on its WebAssembly backend, which runs SIMD code
 * on one thread under Node.
 *
 * Axes: B images, S patches, D width, H heads.
 */

import { createRequire } from "node:module";

const require = createRequire(new URL("../../.peers/package.json", import.meta.url));
const tf = require("@tensorflow/tfjs");
require("@tensorflow/tfjs-backend-wasm");
tf.enableProdMode();
if (!(await tf.setBackend("wasm"))) throw new Error("the wasm backend did not start");

export const version = tf.version.tfjs;

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
      tf.variable(tf.tensor(data, shape)),
    ]),
  );
  const variables = Object.values(parameters);
  const side = images.shape[2] / patch;
  const pixels = tf.tidy(() => {
    const cut = tf.tensor(images.data, [batchSize, side, patch, side, patch]);
    return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4]), [batchSize * tokens, patch * patch]);
  });
  const targets = tf.tidy(() => {
    const ids = tf.tensor1d(Int32Array.from(labels.data, Number), "int32");
    return tf.cast(tf.oneHot(ids, classes), "float32"); // [B, 10]
  });

  const logits = () => forward(parameters, pixels, batchSize, width);
  const loss = () => tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits()), targets)), -1 / batchSize);

  return {
    async lossAndGradients() {
      const { value, grads } = tf.variableGrads(loss, variables);
      const [result] = await value.data();
      tf.dispose([value, grads]);
      return result;
    },
    async infer() {
      const result = tf.tidy(logits);
      await result.data();
      result.dispose();
    },
    dispose: () => tf.dispose([variables, pixels, targets]),
  };
}

/** Logits [B, 10] of patches [B*S, 16]. */
function forward(p, patches, batchSize, width) {
  const kernel = tf.reshape(p["patch_embed.proj.weight"], [width, patch * patch]);
  let x = affine(patches, kernel, p["patch_embed.proj.bias"]); // [B*S, D]
  x = tf.add(tf.reshape(x, [batchSize, tokens, width]), p.pos_embed);
  x = tf.reshape(x, [batchSize * tokens, width]);
  for (let i = 0; i < blocks; i++) {
    const at = `blocks.${i}`;
    x = tf.add(x, attention(p, `${at}.attn`, norm(p, `${at}.norm1`, x), batchSize, width));
    const hidden = linear(p, `${at}.mlp.fc1`, norm(p, `${at}.norm2`, x)); // [B*S, 4D]
    x = tf.add(x, linear(p, `${at}.mlp.fc2`, gelu(hidden)));
  }
  const pooled = tf.mean(tf.reshape(norm(p, "norm", x), [batchSize, tokens, width]), 1); // [B, D]
  return linear(p, "head", pooled);
}

function attention(p, name, x, batchSize, width) {
  const shape = [batchSize, tokens, heads, width / heads];
  const [q, k, v] = tf
    .split(linear(p, `${name}.qkv`, x), 3, 1)
    .map((part) => tf.transpose(tf.reshape(part, shape), [0, 2, 1, 3])); // each [B, H, S, D/H]
  const scores = tf.mul(tf.matMul(q, k, false, true), (width / heads) ** -0.5); // [B, H, S, S]
  const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]); // [B, S, H, D/H]
  return linear(p, `${name}.proj`, tf.reshape(mixed, [batchSize * tokens, width]));
}

const affine = (x, weight, bias) => tf.add(tf.matMul(x, weight, false, true), bias);

const linear = (p, name, x) => affine(x, p[`${name}.weight`], p[`${name}.bias`]);

const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

function norm(p, name, x) {
  const { mean, variance } = tf.moments(x, 1, true);
  const scaled = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(scaled, p[`${name}.weight`]), p[`${name}.bias`]);
}
