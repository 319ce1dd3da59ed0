/** `generation`: generating a text with a key-value cache, against recomputation for each token. */

import { fromSnakeCase } from "../src/config/case.ts";
import { createDecoder } from "../src/evaluate/generate/decoder.ts";
import { collect, generate } from "../src/evaluate/generate/generate.ts";
import { allocate, type NdArray } from "../src/graph/array.ts";
import { input } from "../src/graph/inputs.ts";
import type { LanguageModel } from "../src/models/language-model.ts";
import { createMoeDecoder, moeDecoderSchema } from "../src/models/moe-decoder/config.ts";
import { createScope } from "../src/nn/scope.ts";
import { foldIn, key } from "../src/random/index.ts";
import { nativeRuntime } from "../src/runtime/native/native.ts";
import type { BenchArguments } from "./arguments.ts";
import { median } from "./median.ts";
import { makeRow, type Row } from "./row.ts";

/** makeMoE's sizes, except for a context that holds the whole text. */
const sizes = { num_layers: 8, num_heads: 8, context_length: 264 } as const;
const vocabularySize = 65;
const newTokens = 256;
const defaultRuns = 3;
const defaultWidth = 128;

export async function generation(
  args: BenchArguments,
  log: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const width of args.widths ?? [defaultWidth]) {
    const settings = moeDecoderSchema.parse({
      system: "moe-decoder",
      ...sizes,
      width,
      moe: { router: { name: "noisy_top_k", bias: true }, experts: { activation: "relu" } },
    });
    const model = createMoeDecoder(fromSnakeCase(settings), { vocabularySize });
    const decoder = await createDecoder(model, {
      runtime: nativeRuntime(),
      weights: firstWeights(model),
      session: { threads: 1 },
    });
    try {
      const times: Record<"cached" | "anew", number[]> = { cached: [], anew: [] };
      const texts = new Set<string>();
      for (let run = 0; run < (args.runs ?? defaultRuns); run++) {
        for (const [name, useCache] of [
          ["cached", true],
          ["anew", false],
        ] as const) {
          log(`generation: width ${width}, ${name}, run ${run + 1}`);
          const began = performance.now();
          const options = { maxNewTokens: newTokens, temperature: 1, useCache, key: key(0) };
          const [text] = await collect(generate(decoder, [[1, 2, 3]], options));
          times[name].push(performance.now() - began);
          texts.add(String(text!.ids));
        }
      }
      const head = {
        bench: args.bench,
        case: `width ${width}, ${newTokens} tokens`,
        peer: "without the cache",
        version: null,
      };
      rows.push({
        ...makeRow(
          head,
          { ms: median(times.cached), losses: [] },
          { ms: median(times.anew), losses: [] },
        ),
        note: texts.size === 1 ? "the same tokens" : "OTHER TOKENS",
      });
    } finally {
      decoder.dispose();
    }
  }
  return rows;
}

/** Initial values of all parameters. */
function firstWeights(model: LanguageModel): Map<string, NdArray> {
  const { scope, trace } = createScope({ training: false });
  model.logits(scope, input(scope.graph, "ids", { dtype: "int64", shape: [1, 8] }));
  const entries = [...trace.parameters.values()].map(({ name, shape, init }) => {
    const value = allocate("float32", shape);
    value.data.set(init(foldIn(key(0), name), shape));
    return [name, value] as const;
  });
  return new Map(entries);
}
