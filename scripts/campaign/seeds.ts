/** Valid files of every kind, from which the campaigns start. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parquetWriteFile } from "hyparquet-writer";
import { main } from "../../src/cli/main.ts";
import { encodeNpy } from "../../src/formats/npy.ts";
import { allocate } from "../../src/graph/array.ts";
import { writeLiveModel } from "../../src/runs/export-live-model.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../src/pretrained/fixtures/${name}`, import.meta.url));

/** Settings of a training of a second. */
export const tiny = [
  "model.width=16",
  "model.num_layers=1",
  "data.train_size=64",
  "data.validation_size=16",
  "data.test_size=16",
  "data.workers=0",
  "runtime.threads=1",
  "schedule.warmup_steps=0",
  "train.batch_size=16",
];

const chatTemplate = `{%- set ns = namespace(first=true) -%}
{%- macro say(role, text) -%}{{ '<|' ~ role ~ '|>' }}{{ text | trim }}{%- endmacro -%}
{% for message in messages %}
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}
{{ say(message.role, message.content) ~ ('</s>' if not loop.last else '') }}
{% set ns.first = false %}
{% endfor %}
{{ messages[1:] | length }} {{ strftime_now('%Y') }} {{ {'a': [1, 2.5, none]} | tojson }} {{ range(3) | join(', ') }}
`;
const conversation = {
  messages: [{ role: "user", content: [{ type: "text", text: "the router" }] }],
  tools: [{ type: "function", function: { name: "count" } }],
  chat_template_kwargs: { enable_thinking: false },
};
const captions = ["a red square", "a blue star", "a green heart", "a grey cross"];
const names = captions.map((_, i) => `${i}.png`);

/** Writes the seeds into a folder; `run` is a finished run of the quick start. */
export async function writeSeeds(folder: string): Promise<void> {
  mkdirSync(join(folder, "pictures"), { recursive: true });
  await train(join(folder, "run"), ["train.max_steps=2", "train.eval_every=2"]);
  await writeLiveModel(join(folder, "run"), folder);
  cpSync(fixture("qwen3_moe"), join(folder, "hub"), { recursive: true });
  writeFileSync(join(folder, "hub", "chat_template.jinja"), chatTemplate);
  writeFileSync(join(folder, "hub", "messages.json"), JSON.stringify(conversation));
  cpSync(fixture("open_clip"), join(folder, "open_clip"), { recursive: true });
  cpSync(fixture("onnx/dinov2.onnx"), join(folder, "dinov2.onnx"));
  await writePictures(join(folder, "pictures"));
  writeTables(folder);
  const index = { weight_map: { a: "images.idx", b: "array.npy" } };
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  const npy = encodeNpy({ ...allocate("float32", [3, 4]) });
  writeFileSync(join(folder, "array.npy"), npy);
  const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]);
  writeFileSync(join(folder, "images.idx"), Buffer.concat([header, Buffer.alloc(24, 7)]));
  writeFileSync(
    join(folder, "recipe.yaml"),
    "extends: quickstart\nmodel: { width: 32, num_heads: 4 }\ndata: &d { train_size: 64 }\ntrain: { max_steps: 3 }\n",
  );
}

/** Trains the quick start with tiny settings, in this process. */
export async function train(run: string, settings: readonly string[]): Promise<void> {
  let said = "";
  const sink = { write: (text: string) => (said += text) };
  const argv = ["train", "quickstart", ...tiny, ...settings, "--run", run];
  const code = await main(argv, { stdout: sink, stderr: sink });
  if (code !== 0) throw new Error(`the training of the seeds failed: ${said}`);
}

async function writePictures(folder: string): Promise<void> {
  const { default: sharp } = await import("sharp");
  const picture = (hue: number) =>
    sharp({ create: { width: 12, height: 9, channels: 3, background: { r: hue, g: 90, b: 30 } } });
  for (const [i, name] of names.entries())
    await picture(60 * i)
      .png()
      .toFile(join(folder, name));
  for (const kind of ["png", "jpg", "gif", "webp", "tiff"]) {
    await picture(200).toFile(join(folder, `a.${kind}`));
  }
  const pixels = await picture(120).raw().toBuffer();
  writeFileSync(join(folder, "a.ppm"), Buffer.concat([Buffer.from("P6\n12 9\n255\n"), pixels]));
  writeFileSync(join(folder, "a.bmp"), bmpOf(pixels, 12, 9));
}

/** A BMP of 24 bits, rows from the bottom. */
function bmpOf(pixels: Buffer, width: number, height: number): Buffer {
  const rowBytes = 4 * Math.ceil((3 * width) / 4);
  const bytes = Buffer.alloc(54 + rowBytes * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y++) {
    pixels.copy(bytes, 54 + rowBytes * (height - 1 - y), 3 * width * y, 3 * width * (y + 1));
  }
  return bytes;
}

function writeTables(folder: string): void {
  const rows = captions.map((text, i) => ({ text, label: i % 2 }));
  const table = (separator: string) =>
    [["text", "label"], ...rows.map(({ text, label }) => [`"${text}"`, label])]
      .map((fields) => fields.join(separator))
      .join("\n");
  const lines = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).join("\n");
  writeFileSync(join(folder, "texts.csv"), table(","));
  writeFileSync(join(folder, "texts.tsv"), table("\t"));
  writeFileSync(join(folder, "texts.jsonl"), lines(rows));
  parquetWriteFile({
    filename: join(folder, "texts.parquet"),
    columnData: [
      { name: "text", data: captions, type: "STRING" },
      { name: "label", data: rows.map(({ label }) => label), type: "INT32" },
    ],
  });
  const pairs = names.map((image, i) => ({ file_name: image, text: captions[i]! }));
  const at = (name: string) => join(folder, "pictures", name);
  writeFileSync(at("captions.csv"), ["image,caption", ...pairs.map(({ file_name: image, text }) => `${image},${text}`)].join("\n")); // biome-ignore format: one line
  writeFileSync(at("captions.jsonl"), lines(pairs));
  writeFileSync(at("captions.json"), JSON.stringify(pairs.map(({ file_name: image, text: caption }) => ({ image, caption })))); // biome-ignore format: one line
  const coco = {
    images: names.map((file_name, id) => ({ id, file_name })),
    annotations: captions.map((caption, id) => ({ id, image_id: id, caption })),
  };
  writeFileSync(at("coco.json"), JSON.stringify(coco));
}
