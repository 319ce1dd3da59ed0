/**
 * Serves a dense model over standard input and output, one JSON object per line; the commands are
 * the commands of ../pytorch/serve.py. First argument: the file that exports `version` and
 * `createModel({ weights, images, labels, config })`.
 */

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const { version, createModel } = await import(new URL(process.argv[2], import.meta.url).href);
let model;

/** Name, shape and values of every tensor of a safetensors file. */
async function readTensors(path) {
  const bytes = await readFile(path);
  const size = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: _, ...header } = JSON.parse(bytes.toString("utf8", 8, 8 + size));
  const types = { F32: Float32Array, I64: BigInt64Array };
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const part = Uint8Array.from(bytes.subarray(8 + size + start, 8 + size + end));
        return [name, { shape, data: new types[dtype](part.buffer) }];
      },
    ),
  );
}

async function timed(run, count) {
  const losses = [];
  const ms = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    losses.push(await run());
    ms.push(performance.now() - start);
  }
  return { losses, ms };
}

async function answer({ command, weights, batch, config, count }) {
  switch (command) {
    case "version":
      return { version };
    case "init": {
      model?.dispose();
      const { images, labels } = await readTensors(batch);
      model = createModel({ weights: await readTensors(weights), images, labels, config });
      return {};
    }
    case "step":
      return timed(model.lossAndGradients, count);
    case "infer":
      return timed(model.infer, count);
    default:
      throw new Error(`unknown command ${command}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.command === "exit") break;
  const reply = await answer(request).catch((error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);
