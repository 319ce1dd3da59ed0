/** A classifier of sentences trained from a recipe, and its report. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, expect, test } from "vitest";
import { moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const subjects = ["film", "plot", "cast", "score", "scene"];
const words = { good: ["fine", "great", "warm"], bad: ["dull", "weak", "cold"] };

/** Sentences of two classes that differ in one word. */
function writeSentences(name: string): string {
  const lines = subjects.flatMap((subject) =>
    Object.entries(words).flatMap(([label, list]) =>
      list.map((word) => `a ${word} ${subject},${label}`),
    ),
  );
  const path = join(folder.path, name);
  writeFileSync(path, ["text,label", ...lines].join("\n"));
  return path;
}

test("the report shows sentences by expert, classes by name, and mistakes", async () => {
  const recipe = join(folder.path, "sentences.yaml");
  writeFileSync(
    recipe,
    `seed: 1
model:
  system: text-classifier
  width: 16
  num_layers: 2
  num_heads: 2
  context_length: 8
  moe: { num_experts: 3, router: { name: switch } }
data:
  name: labelled-text
  files: { train: ${writeSentences("train.csv")}, validation: ${writeSentences("validation.csv")} }
  columns: { text: [text], label: label, header: true }
  tokenizer: { kind: word }
optimizer: { name: adamw, learning_rate: 0.003 }
train: { batch_size: 10, max_steps: 6 }
runtime: { threads: 1 }
`,
  );
  const run = join(folder.path, "run");
  const { code, err } = await moesaic("train", recipe, "--run", run);
  expect(code, err).toBe(0);
  const { document } = parseHTML(readFileSync(join(run, "report.html"), "utf8"));
  expect(document.body.textContent).not.toContain("could not be drawn");

  const captions = [...document.querySelectorAll("#tokens figcaption")];
  expect(captions).toHaveLength(12);
  const classes = captions.map((caption) => caption.querySelector("strong")!.textContent);
  expect(classes.filter((name) => name === "bad")).toHaveLength(6);
  const first = document.querySelector("#tokens figure")!;
  const tokens = [...first.querySelectorAll('[data-layer="blocks.0.moe"] i')];
  expect(tokens.map((token) => token.firstChild!.textContent)).toEqual(["a", "fine", "film"]);

  // Six steps leave the classifier undecided, so the number of mistakes is not fixed.
  const rows = [...document.querySelectorAll("#predictions tbody tr")];
  const wrong = rows.filter((row) => row.querySelector("td.wrong") !== null);
  const matrix = [...document.querySelectorAll("#confusion tbody tr")];
  expect(matrix.length).toBeGreaterThan(0);
  for (const row of rows) {
    const [text, truth, predicted] = [...row.querySelectorAll("td")].map(
      (cell) => cell.textContent,
    );
    const label = words.good.some((word) => text!.includes(word)) ? "good" : "bad";
    expect(truth).toBe(label);
    expect(predicted === truth).toBe(!wrong.includes(row));
  }
});
