/** A folder in which the commands of the docs run, on the data that the pages show. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { plainPng } from "../../../src/data/images/pictures.fixture.ts";
import { passage } from "../live-runs.fixture.ts";
import { type CodeBlock, codeBlocks } from "./markdown.fixture.ts";

const picture = /\.(jpg|png)$/;
const list = /\.(csv|tsv|jsonl)$/;
/** Files that `...` in a tree represents. */
const more = 5;

/** Paths of the files in a tree of names indented by two spaces. */
export function treeFiles(tree: string): string[] {
  const folders: string[] = [];
  const files: string[] = [];
  for (const line of tree.trimEnd().split("\n")) {
    const depth = /^ */.exec(line)![0].length / 2;
    const name = line.trim();
    folders.length = depth;
    if (name.endsWith("/")) folders.push(name.slice(0, -1));
    else if (name !== "...") files.push(join(...folders, name));
    else files.push(...likeThe(files.at(-1)!));
  }
  return files;
}

/** Names of further files similar to one. */
function likeThe(path: string): string[] {
  return Array.from({ length: more }, (_, i) => path.replace(/(?=\.\w+$)/, `-${i}`));
}

/** Writes the folders of data that a page shows as trees, with the content of the lists that it shows. */
export function writeTrees(folder: string, page: string): void {
  const blocks = codeBlocks(page);
  const contents = new Map(blocks.filter(isContent).map((block) => [pathAbove(block)!, block]));
  const trees = blocks.filter(({ language }) => language === "text");
  for (const path of trees.flatMap(({ text }) => treeFiles(text))) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (picture.test(path)) writeFileSync(target, coloredPng(path));
    else if (list.test(path)) writeFileSync(target, grown(contents.get(path)!.text));
    else if (path.endsWith(".parquet")) writeParquet(target);
    else writeFileSync(target, passage);
  }
}

function isContent({ language }: CodeBlock): boolean {
  return ["csv", "tsv", "jsonl"].includes(language);
}

/** The path in a line such as "`pets/list.csv`:". */
function pathAbove({ above }: CodeBlock): string | undefined {
  return /^`(.+)`:$/.exec(above)?.[1];
}

/** A picture whose colour depends on its name. */
function coloredPng(name: string): Uint8Array {
  const sum = [...name].reduce((total, letter) => total + letter.codePointAt(0)!, 0);
  return plainPng(24, 16, [(sum * 37) % 256, (sum * 91) % 256, sum % 256]);
}

/** A list with all rows but the first repeated, because the examples are too short to be split. */
function grown(text: string): string {
  const [first, ...rows] = text.trimEnd().split("\n");
  return `${[first, ...Array.from({ length: 8 }, () => rows).flat()].join("\n")}\n`;
}

function writeParquet(filename: string): void {
  const names = ["a red square", "a blue square", "a green square", "a grey square"];
  const bytes = names.map((name) => coloredPng(name));
  parquetWriteFile({
    filename,
    columnData: [
      { name: "image", data: bytes.map((one) => ({ bytes: one, path: null })) },
      { name: "caption", data: names },
    ],
    schema: [
      { name: "root", num_children: 2 },
      { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
      { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
      { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
      { name: "caption", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    ],
  });
}

/** Writes a picture for each argument that names a missing one. */
export function writePictures(folder: string, words: readonly string[]): void {
  for (const word of words) {
    if (!picture.test(word) || existsSync(join(folder, word))) continue;
    writeFileSync(join(folder, word), coloredPng(word));
  }
}

/** A data root with another text instead of tiny Shakespeare. */
export function writeDataRoot(root: string): void {
  mkdirSync(join(root, "tinyshakespeare"), { recursive: true });
  writeFileSync(join(root, "tinyshakespeare", "input.txt"), `ROMEO: ${passage}`);
}

/** Tiny checkpoints under the names that the docs use, a text to read and a conversation. */
export function writeCheckpoint(folder: string): void {
  const fixtures = new URL("../../../src/pretrained/fixtures/", import.meta.url);
  for (const name of ["OLMoE-1B-7B", "Qwen3-30B-A3B"]) {
    cpSync(new URL("qwen3_moe/", fixtures), join(folder, name), { recursive: true });
  }
  cpSync(new URL("bert/", fixtures), join(folder, "minilm"), { recursive: true });
  const template = "{{ bos_token }}{% for message in messages %}{{ message.content }}{% endfor %}";
  writeFileSync(join(folder, "Qwen3-30B-A3B", "chat_template.jinja"), template);
  writeFileSync(join(folder, "talk.json"), '[{ "role": "user", "content": "the router" }]');
  writeFileSync(join(folder, "speech.txt"), "the router sends each token to the best experts");
}

/** Writes the recipes in a page's YAML blocks, which name their file in the first line. */
export function writeRecipes(folder: string, page: string): string[] {
  return codeBlocks(page).flatMap(({ language, text, above }) => {
    const name = /^# (\S+\.yaml)$/m.exec(text)?.[1] ?? /`(\S+\.yaml)`:$/.exec(above)?.[1];
    if (language !== "yaml" || name === undefined) return [];
    writeFileSync(join(folder, name), text);
    return [name];
  });
}

/** The introductory pages. */
export function readPages(root: string, names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [name, readFileSync(join(root, name), "utf8")]));
}
