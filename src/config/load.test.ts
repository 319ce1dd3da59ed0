import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { UserError } from "../graph/errors.ts";
import { configToYaml, loadConfig } from "./load.ts";
import { renamedKeys } from "./renamed-keys.ts";

const optimizer = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("adamw"), beta1: z.number().min(0).lt(1).default(0.9) }),
  z.strictObject({ kind: z.literal("sgd"), momentum: z.number() }),
]);
const size = z.union([z.int().positive(), z.tuple([z.int(), z.int()])]);
const augmentation = z.union([
  z.strictObject({ resize: z.strictObject({ size }) }),
  z.strictObject({ random_crop: z.strictObject({ padding: z.int().default(0) }) }),
]);
const schema = z.strictObject({
  recipe: z.string(),
  seed: z.int().default(0),
  model: z
    .strictObject({
      num_experts: z.int().min(1).default(4),
      patch_size: z.int().multipleOf(2).default(4),
      width: z.int().default(64),
      activation: z.enum(["gelu", "silu", "relu"]).default("gelu"),
      mean: z.array(z.number()).length(3).optional(),
    })
    .prefault({})
    .refine((model) => model.width % model.patch_size === 0, {
      path: ["width"],
      message: "width must be a multiple of patch_size",
    }),
  train: z.strictObject({ max_steps: z.int().positive(), shuffle: z.boolean().default(true) }),
  augment: z.array(augmentation).default([]),
  optimizer: optimizer.default({ kind: "adamw", beta1: 0.9 }),
});

const folder = mkdtempSync(join(tmpdir(), "moesaic-config-"));
function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}
const load = (path: string, ...overrides: string[]) =>
  loadConfig(path, schema, { overrides, recipes: folder });

test("fills in defaults, converts keys to camelCase, and uses the name of the file", () => {
  const path = file("small.yaml", "# Small.", "train: {max_steps: 5}", "model:", "  width: 32");
  const config = load(path);
  const steps: number = config.train.maxSteps;
  expect(steps).toBe(5);
  expect(config).toEqual({
    recipe: "small",
    seed: 0,
    model: { numExperts: 4, patchSize: 4, width: 32, activation: "gelu" },
    train: { maxSteps: 5, shuffle: true },
    augment: [],
    optimizer: { kind: "adamw", beta1: 0.9 },
  });
  expect(load("small")).toEqual(config);
});

test("a written configuration loads unchanged, under the same name", () => {
  const config = load(file("named.yaml", "train: {max_steps: 5}"), "model.num_experts=8");
  const again = file("config.yaml", configToYaml(config));
  expect(load(again)).toEqual(config);
});

test("a file overrides the file that it extends, by name or by path", () => {
  file("base.yaml", "recipe: original", "train: {max_steps: 5}", "model: {width: 32}");
  const middle = file("middle.yaml", "extends: base", "model: {num_experts: 8}");
  const top = file("top.yaml", "extends: ./middle.yaml", "model: {num_experts: 16}");
  expect(load(middle)).toMatchObject({ recipe: "middle", train: { maxSteps: 5 } });
  expect(load(top).model).toMatchObject({ numExperts: 16, width: 32 });
});

test("arguments override files, and later arguments override earlier ones", () => {
  const path = file("arguments.yaml", "train: {max_steps: 5}");
  const config = load(
    path,
    "train.max_steps=7",
    "train.max_steps=8",
    "model.mean=[0.1, .2, 3e-1]",
    "optimizer={kind: sgd, momentum: 0.5}",
    "recipe=x=y",
  );
  expect(config.train.maxSteps).toBe(8);
  expect(config.model.mean).toEqual([0.1, 0.2, 0.3]);
  expect(config.optimizer).toEqual({ kind: "sgd", momentum: 0.5 });
  expect(config.recipe).toBe("x=y");
});

test("a part of another kind replaces the one below, in any order of arguments", () => {
  file("momentum.yaml", "train: {max_steps: 5}", "optimizer: {kind: sgd, momentum: 0.5}");
  const adamw = file("adamw.yaml", "extends: momentum", "optimizer: {kind: adamw}");
  expect(load(adamw).optimizer).toEqual({ kind: "adamw", beta1: 0.9 });
  for (const order of [[0, 1] as const, [1, 0] as const]) {
    const settings = ["optimizer.kind=adamw", "optimizer.beta1=0.5"];
    const given = order.map((at) => settings[at]!);
    expect(load("momentum", ...given).optimizer).toEqual({ kind: "adamw", beta1: 0.5 });
  }
  expect(load("momentum", "optimizer.kind=sgd").optimizer).toEqual({ kind: "sgd", momentum: 0.5 });
  expect(load("momentum", "optimizer.momentum=1").optimizer).toEqual({ kind: "sgd", momentum: 1 });
  expect(() => load("momentum", "optimizer.kind=adam")).toThrow(
    'optimizer.kind must be one of adamw, sgd, got "adam" in argument "optimizer.kind=adam"',
  );
});

const routed = z.strictObject({
  router: z.discriminatedUnion("name", [
    z
      .strictObject({ name: z.literal("cosine"), noise_scale: z.number().default(0) })
      .register(renamedKeys, { noise_std: { key: "noise_scale" } }),
    z.strictObject({ name: z.literal("switch") }),
  ]),
});

test("old keys in any layer are renamed before layers are merged", () => {
  const scaleOf = (source: string, ...overrides: string[]) =>
    loadConfig(source, routed, { overrides, recipes: folder }).router;
  file("new.yaml", "router: { name: cosine, noise_scale: 1 }");
  const old = file("old.yaml", "router: { name: cosine, noise_std: 2 }");
  const above = file("above.yaml", "extends: new", "router: { noise_std: 3 }");
  expect(scaleOf("new")).toEqual({ name: "cosine", noiseScale: 1 });
  expect(scaleOf(old)).toEqual({ name: "cosine", noiseScale: 2 });
  expect(scaleOf(above)).toEqual({ name: "cosine", noiseScale: 3 });
  expect(scaleOf("new", "router.noise_std=4")).toEqual({ name: "cosine", noiseScale: 4 });
  expect(scaleOf(old, "router.noise_scale=5")).toEqual({ name: "cosine", noiseScale: 5 });
  const wrong = file("wrong-old.yaml", "router:", "  name: cosine", "  noise_std: many");
  expect(() => scaleOf(wrong)).toThrow(/router.noise_scale must be a number, got "many" .*:3:14/);
});

/** The message of the error that loading these lines throws, with the folder cut off. */
function failure(lines: string[], ...overrides: string[]): string {
  const path = file("wrong.yaml", ...lines);
  try {
    load(path, ...overrides);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).exitCode).toBe(2);
    return (error as UserError).message.replaceAll(`${folder}/`, "");
  }
  return "no error";
}

const good = ["train:", "  max_steps: 5"];
test.each<[string, string[], string[], string]>([
  [
    "mistyped key",
    [...good, "model:", "  num_exprets: 4"],
    [],
    "unknown key num_exprets at wrong.yaml:4:3; did you mean num_experts?",
  ],
  [
    "mistyped key in an argument",
    good,
    ["model.num_exprets=4"],
    'unknown key num_exprets in argument "model.num_exprets=4"; did you mean num_experts?',
  ],
  [
    "key at the wrong level",
    [...good, "width: 64"],
    [],
    "unknown key width at wrong.yaml:3:1; did you mean model.width?",
  ],
  [
    "key of another variant",
    [...good, "optimizer: {kind: sgd, momentum: 0, beta1: 0.5}"],
    [],
    "unknown key beta1 at wrong.yaml:3:37; known keys here: kind, momentum",
  ],
  [
    "unknown key without similar keys",
    [...good, "  zzz: 1"],
    [],
    "unknown key zzz at wrong.yaml:3:3; known keys here: max_steps, shuffle",
  ],
  [
    "text for a number",
    ["train:", "  max_steps: many"],
    [],
    'train.max_steps must be a whole number > 0, got "many" at wrong.yaml:2:14',
  ],
  [
    "fraction for a whole number, in an argument",
    good,
    ["model.num_experts=1.5"],
    'model.num_experts must be a whole number >= 1, got 1.5 in argument "model.num_experts=1.5"',
  ],
  [
    "number for a boolean",
    [...good, "  shuffle: 1"],
    [],
    "train.shuffle must be true or false, got 1 at wrong.yaml:3:12",
  ],
  [
    "unknown choice",
    good,
    ["model.activation=glu"],
    'model.activation must be one of gelu, silu, relu, got "glu" in argument "model.activation=glu"; did you mean gelu?',
  ],
  [
    "unknown variant",
    [...good, "optimizer:", "  kind: adam"],
    [],
    'optimizer.kind must be one of adamw, sgd, got "adam" at wrong.yaml:4:9; did you mean adamw?',
  ],
  [
    "list of the wrong length",
    [...good, "model: {mean: [1, 2]}"],
    [],
    "model.mean must be a list of 3, got [1,2] at wrong.yaml:3:15",
  ],
  [
    "list for a mapping",
    [...good, "model: [1]"],
    [],
    "model must be a mapping of keys, got [1] at wrong.yaml:3:8",
  ],
  [
    "missing key",
    ["train:", "  shuffle: true"],
    [],
    "train.max_steps is missing (a whole number > 0); set it below train at wrong.yaml:1:1",
  ],
  [
    "missing mapping",
    ["seed: 1"],
    [],
    "train is missing (a mapping of keys); set it as argument train=...",
  ],
  [
    "incompatible values",
    [...good, "model:", "  width: 30"],
    [],
    "width must be a multiple of patch_size (model.width at wrong.yaml:4:10)",
  ],
  [
    "key with a dangerous name",
    good,
    ["__proto__.seed=1"],
    'unknown key __proto__ in argument "__proto__.seed=1"; known keys here: recipe, seed, model, train, augment, optimizer',
  ],
  [
    "mistyped name among alternatives",
    [...good, "augment:", "  - random_crp: {padding: 4}"],
    [],
    "unknown key random_crp at wrong.yaml:4:5; did you mean random_crop?",
  ],
  [
    "mistyped key inside an alternative",
    [...good, "augment:", "  - random_crop: {paddin: 4}"],
    [],
    "unknown key paddin at wrong.yaml:4:19; did you mean padding?",
  ],
  [
    "two alternatives at once",
    [...good, "augment: [{random_crop: {}, resize: {size: 4}}]"],
    [],
    "these keys cannot be combined: random_crop, resize (augment.0 at wrong.yaml:3:11)",
  ],
  [
    "none of several kinds of value",
    [...good, "augment: [{resize: {size: big}}]"],
    [],
    'augment.0.resize.size must be a whole number > 0 or a list of 2, got "big" at wrong.yaml:3:27',
  ],
  [
    "wrong part of one of several kinds of value",
    [...good, "augment: [{resize: {size: [4, big]}}]"],
    [],
    'augment.0.resize.size.1 must be a whole number, got "big" at wrong.yaml:3:31',
  ],
  ["broken YAML", ["train: {max_steps: 5"], [], "cannot read YAML at wrong.yaml:1:21: "],
  ["repeated key", ["seed: 1", "seed: 2"], [], "cannot read YAML at wrong.yaml:2:1: Map keys must"],
  ["list at the root", ["- 1"], [], "expected a mapping of keys at wrong.yaml:1:1"],
  ["argument without a value", good, ["seed"], 'cannot read argument "seed": expected key.path='],
  ["argument with broken YAML", good, ["seed=["], 'cannot read YAML at argument "seed=[":1:2: '],
  ["base that is no name", [...good, "extends: 4"], [], "extends must name a recipe or a file at"],
  [
    "unknown base",
    [...good, "extends: smal"],
    [],
    "unknown recipe smal; did you mean small? (at wrong.yaml:3:10)",
  ],
  ["base without a file", ["extends: ./no.yaml"], [], "cannot read no.yaml: does not exist"],
  ["file that extends itself", ["extends: wrong"], [], "wrong.yaml extends itself through wrong"],
])("explains: %s", (_, lines, overrides, message) => {
  expect(failure(lines, ...overrides)).toContain(message);
});

test("an alias bomb and a huge file are refused", () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`,
  );
  expect(failure(["a0: &a0 [x]", ...levels])).toMatch(/cannot read YAML in wrong.yaml: .*alias/);
  expect(failure(["#".repeat(300_000)])).toMatch(/300000 characters/);
});

test("an empty file is an empty mapping", () => {
  expect(load(file("empty.yaml"), "train.max_steps=1").train.maxSteps).toBe(1);
});

test("a default that does not fit is explained by its reason, not called missing", () => {
  const losses = z.array(z.string()).default(["balance", "z"]);
  const schema = z.strictObject({ router: z.string(), losses }).superRefine((value, context) => {
    if (value.router !== "soft") return;
    const message = "the loss z needs a router with logits";
    context.addIssue({ code: "custom", message, path: ["losses", 1] });
  });
  const path = join(mkdtempSync(join(tmpdir(), "moesaic-default-")), "soft.yaml");
  writeFileSync(path, "router: soft\n");
  expect(() => loadConfig(path, schema)).toThrow(
    "the loss z needs a router with logits (losses.1 is a default; set losses as argument losses=...)",
  );
});
