/** Weights of an ONNX file, made by `../../pretrained/fixtures/make_onnx.py`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { afterAll, expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { toNumbers } from "../../graph/array.ts";
import { init } from "../../learn/apply/apply.ts";
import { apply } from "../../learn/native.ts";
import { sfMoe } from "../../models/sf-moe/sf-moe.ts";
import { type ModelSettings, modelSchema } from "../../models/systems.ts";
import { openCheckpoint } from "../../pretrained/open-checkpoint.ts";
import { initFromSchema } from "../../recipe/init-from/init-from-config.ts";
import { initializeFrom } from "./init-from.ts";
import { describeInit } from "./report.ts";

const folder = fileURLToPath(new URL("../../pretrained/fixtures/onnx/", import.meta.url));
const path = `${folder}dinov2.onnx`;
const temporary = mkdtempSync(join(tmpdir(), "moesaic-onnx-"));
afterAll(() => rmSync(temporary, { recursive: true }));

test("a model starts as the DINOv2 in an ONNX file, without its head, with smaller pictures", async () => {
  const expected = decodeSafetensors(readFileSync(`${folder}expected.safetensors`)).tensors;
  const { settings, inputs } = await openCheckpoint(path);
  expect(settings).toMatchObject({ numLayers: 2, numHeads: 4, normEpsilon: 1e-6 });
  expect(inputs.imageShape).toEqual([3, 20, 20]);
  const config = { ...(settings as ModelSettings<"sf-moe">), numClasses: 2 };
  const images = expected.get("images")!;
  const tensors = init((scope, given) => sfMoe(scope, given.images, config), { images });
  const source = fromSnakeCase(initFromSchema.parse({ path }));
  const lines = (await initializeFrom(source, { settings, tensors }, 0))
    .flatMap(describeInit)
    .join();
  expect(lines).toMatch(/pos_embed is resampled from 5x5 to 3x3 patches/);
  expect(lines).toMatch(/no part of the model: decoder.bias, decoder.weight/);
  const { taps } = await apply((scope, given) => sfMoe(scope, given.images, config), tensors, { images }, { taps: true }); // biome-ignore format: one call
  const tokens = toNumbers(expected.get("tokens")!); // [2, 10, 16], the class token first
  const classTokens = [...tokens.slice(0, 16), ...tokens.slice(160, 176)];
  for (const [i, value] of toNumbers(taps.features!).entries()) {
    expect(value).toBeCloseTo(classTokens[i]!, 4);
  }
});

test("ONNX files that are damaged, foreign or have their data elsewhere are refused", async () => {
  const bytes = readFileSync(path);
  const file = join(temporary, "model.onnx");
  const refusal = async (content: Uint8Array, message: string | RegExp) => {
    writeFileSync(file, content);
    await expect(openCheckpoint(file)).rejects.toThrow(message);
  };
  await refusal(bytes.subarray(0, 40_000), "is no ONNX file that can be read");
  await refusal(Buffer.from("<html>"), "is no ONNX file that can be read");
  const model = fromBinary(ModelProtoSchema, new Uint8Array(bytes));
  const [, , bias] = model.graph!.initializer;
  bias!.rawData = bias!.rawData.subarray(0, 8);
  writeFileSync(file, toBinary(ModelProtoSchema, model));
  await expect((await openCheckpoint(file)).readWeights()).rejects.toThrow(
    "has 2 numbers, but its shape needs 16; the file is damaged",
  );
  bias!.dataLocation = TensorProto_DataLocation.EXTERNAL;
  await refusal(toBinary(ModelProtoSchema, model), "has its data in another file");
  model.graph!.initializer = [];
  await refusal(toBinary(ModelProtoSchema, model), "has weights of no known family");
});

test("the settings of the file are those that modelSchema writes", async () => {
  const { settings } = await openCheckpoint(path);
  const given = { system: "sf-moe", patch_size: 4, width: 16, num_layers: 2, num_heads: 4 };
  const moe = { experts: { mlp_ratio: 2 } };
  expect(settings).toEqual(fromSnakeCase(modelSchema.parse({ ...given, blocks: "FF", moe })));
});
