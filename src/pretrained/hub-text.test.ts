import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openFolderTokenizer } from "./hub-text.ts";

const folder = fileURLToPath(new URL("fixtures/qwen3_moe", import.meta.url));

test("embeddings that only pad the table have no text; ids beyond the table are refused", async () => {
  const padded = await openFolderTokenizer(folder, 64);
  expect(padded.vocabularySize).toBe(48);
  expect(padded.decode([25, 60, 47])).toBe(padded.decode([25, 47]));
  expect(padded.decode([60])).toBe("");
  expect(() => padded.decode([64])).toThrow("token ids are 0 to 47, got 64");
  await expect(openFolderTokenizer(folder, 40)).rejects.toThrow("has ids up to 47, but the model has 40 embeddings"); // biome-ignore format: one line
});
