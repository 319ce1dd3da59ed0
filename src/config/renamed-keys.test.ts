import { expect, test } from "vitest";
import * as z from "zod";
import { renamedKeys, renameKeys } from "./renamed-keys.ts";

const soft = z
  .strictObject({
    name: z.literal("soft"),
    normalization: z.enum(["l2", "none"]).default("l2"),
  })
  .register(renamedKeys, {
    normalize: { key: "normalization", values: { true: "l2", false: "none" } },
  });
const noisy = z
  .strictObject({ name: z.literal("noisy"), noise_scale: z.number().default(1) })
  .register(renamedKeys, { noise_std: { key: "noise_scale" } });
const plain = z.strictObject({ name: z.literal("plain"), noise_std: z.number() });
const schema = z.strictObject({
  router: z.discriminatedUnion("name", [soft, noisy, plain]).prefault({ name: "soft" }),
  others: z.array(z.lazy(() => noisy)).optional(),
});

test("old keys and values are renamed at any depth, and new ones are kept", () => {
  expect(
    renameKeys(schema, {
      router: { name: "soft", normalize: false },
      others: [
        { name: "noisy", noise_std: 2 },
        { name: "noisy", noise_scale: 3 },
      ],
    }),
  ).toEqual({
    router: { name: "soft", normalization: "none" },
    others: [
      { name: "noisy", noise_scale: 2 },
      { name: "noisy", noise_scale: 3 },
    ],
  });
});

test("a key is renamed only in mappings that had the old name", () => {
  const own = { router: { name: "plain", noise_std: 2 } };
  expect(renameKeys(schema, own)).toEqual(own);
  const unknown = { noise_std: 1, router: { name: "soft", noise_std: 2 } };
  expect(renameKeys(schema, unknown)).toEqual(unknown);
});

test("a part without a name, as in an argument, may be any alternative", () => {
  expect(renameKeys(schema, { router: { normalize: true } })).toEqual({
    router: { normalization: "l2" },
  });
  // The schema of `plain` still has this key.
  expect(renameKeys(schema, { router: { noise_std: 1 } })).toEqual({ router: { noise_std: 1 } });
});

test("a key under both of its names is refused", () => {
  const both = { router: { name: "noisy", noise_std: 1, noise_scale: 2 } };
  expect(() => renameKeys(schema, both)).toThrow(
    "noise_std is the old name of noise_scale; give noise_scale alone",
  );
});

test("a value other than a mapping passes unchanged, so that the schema refuses it", () => {
  for (const value of [null, 3, "text", [1, 2]]) expect(renameKeys(schema, value)).toEqual(value);
  expect(renameKeys(schema, { router: 3 })).toEqual({ router: 3 });
});
