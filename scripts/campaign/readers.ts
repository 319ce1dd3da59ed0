/** Every reader of foreign bytes, with a valid file to start from. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readConversation } from "../../src/cli/prompts.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parseYaml } from "../../src/config/yaml.ts";
import type { ImageDataset, TextDataset } from "../../src/data/dataset.ts";
import { decodeImage } from "../../src/data/images/decode/decode.ts";
import { openDataset } from "../../src/data/open-dataset.ts";
import { openTokenizer } from "../../src/data/tokenizers/files.ts";
import { createHubTokenizer } from "../../src/data/tokenizers/hub.ts";
import { hubTokenizerState } from "../../src/data/tokenizers/hub-file.ts";
import { readIdx } from "../../src/formats/idx.ts";
import { decodeNpy } from "../../src/formats/npy.ts";
import { openParquet } from "../../src/formats/parquet/parquet.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { readSafetensorsFile } from "../../src/formats/safetensors-file.ts";
import { filesOfIndex } from "../../src/formats/safetensors-index.ts";
import { decodeRecord } from "../../src/inspect/record/record-codec.ts";
import { readLiveModelSpec } from "../../src/live/spec.ts";
import { readStopTokens } from "../../src/pretrained/hub-text.ts";
import { openCheckpoint } from "../../src/pretrained/open-checkpoint.ts";
import { openPretrained } from "../../src/pretrained/open-pretrained.ts";
import { trainConfigSchema } from "../../src/recipe/config.ts";
import { readTokenizer } from "../../src/recipe/tokenizer-file.ts";
import { renderTemplate } from "../../src/runs/chat/render-template.ts";
import { textOf } from "../../src/runs/chat/run-template.ts";
import { surveyCheckpoints } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { readMetrics, truncateAfter } from "../../src/runs/metrics/metrics-file.ts";
import { readModelInputs } from "../../src/runs/model-inputs-file.ts";
import { openRun } from "../../src/runs/open-run.ts";
import { followMetrics } from "../../src/server/metrics-follower.ts";
import { configReader, summaryReader } from "../../src/server/run-files.ts";

/** A reader, and the file of its folder that is changed. */
export interface Reader {
  readonly name: string;
  /** Path below the seeds. */
  readonly file: string;
  /** Reads the changed file at its path; `folder` holds all seeds. */
  read(path: string, folder: string): unknown;
}

const messages = [
  { role: "user", content: "the router" },
  { role: "assistant", content: "the experts" },
];
const text = (path: string): Promise<string> => readFile(path, "utf8");
const json = async (path: string): Promise<unknown> => JSON.parse(await text(path));
const below = (path: string, levels: number): string => join(path, ...Array(levels).fill(".."));
/** Opens a data set of the seeds and reads its first samples. */
async function samplesOf(spec: object): Promise<void> {
  const set = (await openDataset(spec as never)) as ImageDataset | TextDataset;
  for (let i = 0; i < Math.min(set.length, 2); i++) set.get(i);
}

const texts = (file: string) => (_: string, folder: string) =>
  samplesOf({
    ...{
      name: "labelled-text",
      split: "train",
      root: folder,
      columns: { text: ["text"], label: "label" } as const,
    },
    files: { train: file, validation: file, test: file },
  });
const captions = (files: string) => (_: string, folder: string) =>
  samplesOf({
    ...{ name: "captioned-images", split: "train", folder: join(folder, "pictures"), size: 8 },
    ...{ resize: "squash", onBroken: "skip" },
    files: { train: files, validation: files, test: files },
  });

export const readers: readonly Reader[] = [
  {
    name: "yaml",
    file: "run/config.yaml",
    read: async (path) => parseYaml(await text(path), path).toPlain(),
  },
  { name: "recipe", file: "recipe.yaml", read: (path) => loadConfig(path, trainConfigSchema) },
  { name: "config of a run", file: "run/config.yaml", read: (path) => openRun(below(path, 1)) },
  {
    name: "config in the inspector",
    file: "run/config.yaml",
    read: (path) => configReader(below(path, 1))(),
  },
  {
    name: "summary.json",
    file: "run/summary.json",
    read: (path) => summaryReader(below(path, 1))(),
  },
  {
    name: "record.json",
    file: "run/record.json",
    read: async (path) => decodeRecord(await text(path)),
  },
  { name: "metrics.jsonl", file: "run/metrics.jsonl", read: (path) => readMetrics(path) },
  {
    name: "metrics.jsonl of a resumed run",
    file: "run/metrics.jsonl",
    read: (path) => truncateAfter(path, 2),
  },
  {
    name: "metrics.jsonl in the inspector",
    file: "run/metrics.jsonl",
    read: (path) => followMetrics(below(path, 1)).catchUp(),
  },
  {
    name: "model-inputs.json",
    file: "run/model-inputs.json",
    read: (path) => readModelInputs(below(path, 1)),
  },
  {
    name: "tokenizer.json of a run",
    file: "run/tokenizer.json",
    read: async (path) => {
      const state = await readTokenizer(below(path, 1));
      return state && openTokenizer(state);
    },
  },
  {
    name: "checkpoint.json",
    file: "run/checkpoints/2/checkpoint.json",
    read: (path) => surveyCheckpoints(below(path, 3)),
  },
  {
    name: "progress.json",
    file: "run/checkpoints/2/progress.json",
    read: (path) => openRun(below(path, 3)),
  },
  {
    name: "safetensors",
    file: "hub/model.safetensors",
    read: async (path) => decodeSafetensors(await readFile(path)),
  },
  {
    name: "safetensors in chunks",
    file: "hub/model.safetensors",
    read: (path) => readSafetensorsFile(path),
  },
  {
    name: "index of weights",
    file: "model.safetensors.index.json",
    read: (path) => filesOfIndex(path),
  },
  { name: "config.json", file: "hub/config.json", read: (path) => openPretrained(below(path, 1)) },
  {
    name: "weights of a checkpoint",
    file: "hub/model.safetensors",
    read: async (path) => (await openPretrained(below(path, 1))).readWeights(),
  },
  {
    name: "weights of an ONNX file",
    file: "dinov2.onnx",
    read: async (path) => (await openCheckpoint(path)).readWeights(),
  },
  {
    name: "open_clip_config.json",
    file: "open_clip/open_clip_config.json",
    read: (path) => openCheckpoint(below(path, 1)),
  },
  {
    name: "generation_config.json",
    file: "hub/generation_config.json",
    read: (path) => readStopTokens(below(path, 1), {}),
  },
  {
    name: "chat template",
    file: "hub/chat_template.jinja",
    read: async (path) =>
      textOf(renderTemplate(await text(path), { variables: { messages }, now: new Date(0) })),
  },
  {
    name: "messages of a conversation",
    file: "hub/messages.json",
    read: (path) => readConversation(path),
  },
  {
    name: "tokenizer.json",
    file: "hub/tokenizer.json",
    read: async (path) =>
      createHubTokenizer(await hubTokenizerState(path, {})).encode("the router"),
  },
  {
    name: "model.json",
    file: "model.json",
    read: async (path) => readLiveModelSpec(await json(path).catch(() => undefined)),
  },
  { name: "npy", file: "array.npy", read: async (path) => decodeNpy(await readFile(path)) },
  {
    name: "idx",
    file: "images.idx",
    read: async (path) => readIdx(await readFile(path), { name: path, rank: 3 }),
  },
  {
    name: "parquet",
    file: "texts.parquet",
    read: async (path) => {
      const { groups } = await openParquet(
        path,
        { text: "string", label: "integer" },
        { hint: "" },
      );
      for await (const rows of groups()) if (rows.length === 0) return;
    },
  },
  { name: "labelled Parquet", file: "texts.parquet", read: texts("texts.parquet") },
  { name: "csv", file: "texts.csv", read: texts("texts.csv") },
  { name: "tsv", file: "texts.tsv", read: texts("texts.tsv") },
  { name: "jsonl", file: "texts.jsonl", read: texts("texts.jsonl") },
  { name: "captions as CSV", file: "pictures/captions.csv", read: captions("captions.csv") },
  {
    name: "captions as JSON lines",
    file: "pictures/captions.jsonl",
    read: captions("captions.jsonl"),
  },
  { name: "captions as JSON", file: "pictures/captions.json", read: captions("captions.json") },
  { name: "captions of COCO", file: "pictures/coco.json", read: captions("coco.json") },
  ...["bmp", "ppm", "png", "jpg", "gif", "webp", "tiff"].map((kind) => ({
    name: kind,
    file: `pictures/a.${kind}`,
    read: async (path: string) => decodeImage(await readFile(path)),
  })),
];
