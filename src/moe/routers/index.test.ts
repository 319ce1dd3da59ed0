import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { zeros } from "../../nn/initializers.ts";
import { createScope } from "../../nn/scope.ts";
import { formsOf } from "../methods.fixture.ts";
import { routerSchema, routers } from "./index.ts";

test("every routing method has its own file and names its source", () => {
  const files = readdirSync(import.meta.dirname);
  for (const { name, description, paper } of routers.list()) {
    expect(files).toContain(`${name.replaceAll("_", "-")}.ts`);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(paper).not.toBe("");
  }
});

test("every kind of routing has a router", () => {
  const kinds = new Set(routers.list().map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(["dense", "expert-choice", "soft", "token-choice"]);
});

test("names and settings of the examples match the schema", () => {
  for (const { name, schema, examples } of routers.list()) {
    const { picture, variants = [], forms = [] } = examples;
    for (const { settings } of [picture, ...variants, ...forms]) {
      expect(schema.parse({ name, ...settings })).toMatchObject({ name, ...settings });
      expect(routerSchema.safeParse({ name, ...settings }).success).toBe(true);
    }
  }
});

const forms = (["token-choice", "expert-choice", "soft", "dense"] as const).flatMap(formsOf);

test.each(forms)("$name: parameters and states match the definition", ({ router, route }) => {
  const [N, D, E] = [8, 3, 4];
  const { scope, trace } = createScope({ training: true });
  route(scope.child("router"), scope.state("x", [N, D], zeros), { E, K: 2 });
  const specs = [...trace.parameters.values(), ...trace.states.values()].filter(
    ({ name }) => name !== "x",
  );
  const shapes = new Map(specs.map(({ name, shape }) => [name.replace("router.", ""), shape]));
  const { tensors } = router;
  const layout = typeof tensors === "function" ? tensors([...shapes.keys()]) : tensors;
  expect(Object.keys(layout)).toEqual(expect.arrayContaining([...shapes.keys()]));
  for (const [name, shape] of shapes) {
    const along = layout[name];
    if (along === null || along === undefined) continue;
    const { axis, blocks = 1, slots = false } = along;
    const perExpert = shape[axis]! / (blocks * E);
    expect(slots ? Number.isInteger(perExpert) : perExpert === 1, name).toBe(true);
  }
});
