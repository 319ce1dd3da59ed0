/** Continues a prompt with the language model of a trained run: node --import tsx examples/generate.ts runs/makemoe-shakespeare "ROMEO:" */
import { existsSync } from "node:fs";
import { generate, promptTokens } from "moesaic/evaluate";
import { key } from "moesaic/random";
import { openLanguageModel } from "moesaic/runs";

const [run = "runs/makemoe-shakespeare", prompt = "ROMEO:"] = process.argv.slice(2);
if (!existsSync(run)) {
  console.error(`${run} does not exist; train it first: npx moesaic train makemoe-shakespeare`);
  process.exit(2);
}
using opened = await openLanguageModel(run, { experts: true });
const { decoder, tokenizer } = opened;

const steps = generate(decoder, [promptTokens(tokenizer, prompt)], {
  maxNewTokens: 100,
  temperature: 0.8,
  key: key(1),
  decode: tokenizer.decode,
});
const used = new Set<number>(); // experts of the first layer
process.stdout.write(prompt);
for await (const { text, experts } of steps) {
  process.stdout.write(text[0]!);
  for (const layers of experts[0]!) for (const expert of layers[0] ?? []) used.add(expert);
}
console.log(`\n${used.size} experts of ${decoder.expertLayers[0]} took part`);
