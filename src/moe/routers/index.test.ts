import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { routers } from "./index.ts";

test("every routing method has a file of its own and names its source", () => {
  const files = readdirSync(import.meta.dirname);
  for (const [name, { description, paper }] of Object.entries(routers)) {
    expect(files).toContain(`${name.replaceAll("_", "-")}.ts`);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(paper).toMatch(/arXiv:\d{4}\.\d{5}|github\.com|\d{4}$/);
  }
});

test("methods by kind", () => {
  const names = (kind: string) =>
    Object.entries(routers).flatMap(([name, info]) => (info.kind === kind ? [name] : []));
  expect(names("dense")).toEqual(["dense"]);
  expect(names("soft")).toEqual(["soft"]);
  expect(names("expert-choice")).toEqual(["expert_choice"]);
  expect(names("token-choice")).toHaveLength(11);
});

test("options come from the schema of settings", () => {
  expect(routers.top_p.required).toEqual(["probability"]);
  expect(routers.top_p.defaults).toEqual({ normalization: "none", bias: false });
  expect(routers.softmax_top_k.required).toEqual([]);
  expect(routers.softmax_top_k.defaults).toMatchObject({ num_selected_experts: 2, noise: "none" });
  expect(routers.base.defaults).toEqual({});
});
