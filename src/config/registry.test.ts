import { expect, test } from "vitest";
import * as z from "zod";
import { createRegistry, registrySchema } from "./registry.ts";

const define = <Name extends string>(name: Name) => ({
  name,
  schema: z.strictObject({ name: z.literal(name), rate: z.number().default(0.5) }),
});
const create = () => createRegistry("router", [define("switch"), define("soft")]);

test("definitions are found by name; unknown names are refused with similar or known ones", () => {
  const routers = create();
  expect(routers.get("soft").name).toBe("soft");
  expect(routers.find("hash")).toBeUndefined();
  expect(() => routers.get("swich")).toThrow("unknown router swich; did you mean switch?");
  expect(() => routers.get("zzz")).toThrow("unknown router zzz; known: switch, soft");
});

test("a second definition with the same name is refused; the same definition twice is not", () => {
  const routers = createRegistry("router", [define("switch") as ReturnType<typeof define>]);
  const own = define("own");
  routers.add(own);
  routers.add(own);
  expect(routers.list()).toHaveLength(2);
  expect(() => routers.add(define("switch"))).toThrow("the router switch is already defined");
});

test("a schema accepts definitions that were added after it was first used", () => {
  const routers = createRegistry("router", [define("switch") as ReturnType<typeof define>]);
  const layer = z.strictObject({ router: registrySchema(routers) });
  expect(layer.parse({ router: { name: "switch" } })).toEqual({
    router: { name: "switch", rate: 0.5 },
  });
  expect(layer.safeParse({ router: { name: "own" } }).success).toBe(false);
  routers.add(define("own"));
  expect(layer.parse({ router: { name: "own", rate: 1 } }).router).toEqual({
    name: "own",
    rate: 1,
  });
  expect(layer.safeParse({ router: { name: "own", rates: 1 } }).success).toBe(false);
  const { properties } = z.toJSONSchema(layer, { io: "input" });
  expect(JSON.stringify(properties?.router)).toContain('"const":"own"');
});
