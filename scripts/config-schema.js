/** Writes `dist/config.schema.json`, the JSON Schema of recipes for editors; part of the build. */
import { writeFileSync } from "node:fs";
import * as z from "zod";
import { trainConfigSchema } from "../dist/recipe/config.js";

/** A recipe that extends another contains only the differences, so no key is required. */
function partial(node) {
  if (Array.isArray(node)) return node.map(partial);
  if (typeof node !== "object" || node === null) return node;
  const { required: _, oneOf, ...rest } = node;
  const entries = Object.entries(oneOf === undefined ? rest : { ...rest, anyOf: oneOf });
  return Object.fromEntries(entries.map(([name, value]) => [name, partial(value)]));
}

const { properties, ...rest } = z.toJSONSchema(trainConfigSchema, { io: "input" });
const described = {
  extends: { type: "string", description: "Recipe or file whose settings this one inherits." },
  ...properties,
};
const schema = { title: "Moesaic recipe", ...partial({ ...rest, properties: described }) };
const file = new URL("../dist/config.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
