import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import { dataSchema } from "../recipe/data-config.ts";
import { listDomains } from "./list-domains.ts";

const list = (data: object) => {
  const normalize = { mean: [0], std: [1] };
  return listDomains(fromSnakeCase(dataSchema.parse({ normalize, ...data })));
};

test("sets list their domains; a configuration may open some of them", async () => {
  expect(await list({ name: "shapes" })).toEqual(["flat", "outline", "noisy", "inverted"]);
  expect(await list({ name: "shapes", domains: ["noisy", "flat"] })).toEqual(["noisy", "flat"]);
  expect(await list({ name: "rotated-mnist" })).toEqual(["0", "15", "30", "45", "60", "75"]);
  expect(await list({ name: "colored-fashion-mnist" })).toEqual(["+90%", "+80%", "-90%"]);
});

test("the domains of a folder are its subfolders", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moesaic-list-"));
  for (const name of ["sketch", "photo", ".hidden"])
    mkdirSync(join(folder, name, "cat"), { recursive: true });
  const data = { name: "image-folder", folder, layout: "domain/class" };
  expect(await list(data)).toEqual(["photo", "sketch"]);
  rmSync(folder, { recursive: true });
});

test("a set without domains is refused, with a list of sets that have domains", async () => {
  await expect(list({ name: "mnist" })).rejects.toThrow(
    "data.name mnist has no domains to hold out; choose shapes, rotated-mnist",
  );
});
