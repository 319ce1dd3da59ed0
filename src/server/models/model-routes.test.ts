import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeRecord } from "../../inspect/record/record-codec.ts";
import type { ModelMessage, RunList } from "../../inspect/types/view.ts";
import { readTextModel } from "../../runs/open-text-model.ts";
import { createTextRouter } from "../../runs/text-routing/text-router.ts";
import {
  type TestFolder,
  type TestServer,
  testFolder,
  testServer,
  writePage,
} from "../server.fixture.ts";
import { type ServedModels, serveModels } from "./served-models.ts";

const fixture = fileURLToPath(new URL("../../pretrained/fixtures/qwen3_moe", import.meta.url));
const passage = "the router sends each token to the best experts of the layer";
let folder: TestFolder;
let models: ServedModels;
let server: TestServer;
beforeAll(async () => {
  folder = testFolder();
  const damaged = folder.at("damaged");
  cpSync(fixture, damaged, { recursive: true });
  const weights = readFileSync(folder.at("damaged", "model.safetensors"));
  weights.fill(0xff, weights.length - 64); // NaN
  writeFileSync(folder.at("damaged", "model.safetensors"), weights);
  models = await serveModels([fixture, damaged]);
  server = await testServer(writePage(folder.at("page")), [], { models });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const post = (
  id: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
  fetch(`${server.origin}/data/models/${id}/routing`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

async function messages(id: string, text: string): Promise<ModelMessage[]> {
  const response = await post(id, { text });
  expect(response.status).toBe(200);
  const lines = (await response.text()).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as ModelMessage);
}

test("the list has the checkpoints with family, sizes and routing rule", async () => {
  const { runs, models: entries } = await server.json<RunList>("/data/runs.json");
  expect(runs).toEqual([]);
  expect(entries).toHaveLength(2);
  expect(entries[0]).toMatchObject({
    ...{ id: "qwen3_moe", name: "qwen3_moe", family: "Qwen3-MoE", paper: "arXiv:2505.09388" },
    ...{ layers: { all: 2, withExperts: 2 }, experts: { routed: 4, selected: 2, shared: 0 } },
    ...{ context: 64, maxTokens: 64 },
  });
  const rule = "softmax over all experts, the top K, weights divided by their sum";
  expect(entries[0]!.routing).toBe(rule);
});

test("a posted text is answered with progress, then with the routing that the model computes", async () => {
  const answered = await messages("qwen3_moe", passage);
  expect("progress" in answered[0]!).toBe(true);
  const last = answered.at(-1)!;
  if (!("record" in last)) throw new Error(JSON.stringify(last));
  expect(last.notes).toEqual([]);
  const { tokenTraces, routing } = decodeRecord(last.record);
  const [trace] = tokenTraces!;
  const router = createTextRouter(await readTextModel(fixture), 64);
  const expected = await router.route(passage);
  router.dispose();
  expect(trace!.tokens).toEqual(expected.tokens);
  expect(trace!.layers.map(({ layer }) => layer)).toEqual(["blocks.0.moe", "blocks.1.moe"]);
  expect(trace!.layers.map(({ ids }) => ids)).toEqual(expected.layers.map(({ ids }) => ids));
  for (const { load, numExperts, layer } of routing!) {
    expect(numExperts).toBe(4);
    const { ids } = expected.layers.find((each) => each.layer === layer)!;
    const all = ids.flat();
    const shares = [0, 1, 2, 3].map((expert) => all.filter((id) => id === expert).length);
    expect(load).toEqual(shares.map((count) => expect.closeTo(count / all.length, 3)));
  }
});

test("of a text longer than the context the first tokens are read, with a note", async () => {
  const last = (await messages("qwen3_moe", `${passage} `.repeat(10))).at(-1)!;
  if (!("record" in last)) throw new Error(JSON.stringify(last));
  expect(last.notes).toEqual([expect.stringMatching(/^The text has \d+ tokens; the first 64 are read.$/)]); // biome-ignore format: one expression
  expect(decodeRecord(last.record).tokenTraces![0]!.tokens).toHaveLength(64);
});

test("one text is read at a time", async () => {
  const reading = models.read("qwen3_moe", passage)!;
  const first = reading.next();
  expect(models.busy).toBe(true);
  const refused = await post("qwen3_moe", { text: passage });
  expect(refused.status).toBe(503);
  expect(await refused.text()).toBe("another text is being read; try again when it is done\n");
  await first;
  for await (const _ of reading);
  expect(models.busy).toBe(false);
  expect((await messages("qwen3_moe", "the")).at(-1)).toHaveProperty("record");
});

test("weights that cannot be read end in a sentence, and other models still answer", async () => {
  expect((await messages("damaged", passage)).at(-1)).toEqual({
    error: expect.stringContaining("has values that are not finite"),
  });
  expect(models.busy).toBe(false);
  expect((await messages("qwen3_moe", passage)).at(-1)).toHaveProperty("record");
});

test("requests are bounded, and come from this page alone", async () => {
  const text = passage;
  const statuses: [Promise<Response>, number][] = [
    [post("none", { text }), 404],
    [post("qwen3_moe", "no json"), 400],
    [post("qwen3_moe", { text, more: 1 }), 400],
    [post("qwen3_moe", { text: "a".repeat(20_001) }), 400],
    [post("qwen3_moe", { text: "a".repeat(300_000) }), 413],
    [post("qwen3_moe", { text }, { "Content-Type": "text/plain" }), 415],
    [post("qwen3_moe", { text }, { "Sec-Fetch-Site": "cross-site" }), 403],
    [post("qwen3_moe", { text }, { "Sec-Fetch-Site": "same-site" }), 403],
  ];
  for (const [response, status] of statuses) expect((await response).status).toBe(status);
  const other = await fetch(`${server.origin}/data/runs.json`, { method: "POST" });
  expect(other.status).toBe(405);
  const raw = await server.raw(
    `POST /data/models/qwen3_moe/routing HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  );
  expect(raw).toMatch(/^HTTP\/1\.1 421 /);
});

test("checkpoints answer this machine only", async () => {
  const open = testServer(folder.at("page"), [], { models, host: "0.0.0.0", token: "12345678" });
  await expect(open).rejects.toThrow("0.0.0.0 lets others in; drop --host");
});

test("an empty text is read as its start token", async () => {
  // The tokenizer puts a start token before every text, which is then read alone.
  const last = (await messages("qwen3_moe", "")).at(-1)!;
  expect(last).toHaveProperty("record");
});
