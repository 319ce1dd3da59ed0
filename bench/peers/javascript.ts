/** Other JavaScript frameworks, installed into a folder of their own rather than as dependencies. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Peer, runCommand, startChild } from "./peer.ts";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = local("../.peers");

/** TensorFlow.js with its WebAssembly backend. */
export const tfjsWasm: Peer = javascriptPeer("tfjs-wasm", "tfjs.mjs", [
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-backend-wasm",
]);

/** jax-js with its WebAssembly backend. */
export const jaxJs: Peer = javascriptPeer("jax-js", "jax-js.mjs", ["@jax-js/jax"]);

function javascriptPeer(name: string, model: string, packages: readonly string[]): Peer {
  return {
    name,
    dense: true,
    unsupported: () => undefined,
    installed: () => packages.every((entry) => existsSync(`${folder}/node_modules/${entry}`)),
    async install(log) {
      log(`installing ${packages.join(", ")} into bench/.peers`);
      mkdirSync(folder, { recursive: true });
      const manifest = `${folder}/package.json`;
      if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
      await runCommand("npm", ["install", "--prefix", folder, ...packages]);
    },
    start: () => startChild(name, process.execPath, [local("javascript/serve.mjs"), model]),
  };
}
