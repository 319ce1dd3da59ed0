import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { routers } from "../moe/routers/index.ts";
import { loadTrainConfig } from "./load-train-config.ts";
import { loadPlugins, pluginUrls, unloadedPlugins } from "./plugins.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-plugins-"));
const registry = new URL("../config/registry.ts", import.meta.url).href;
const zod = pathToFileURL(createRequire(import.meta.url).resolve("zod")).href;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const router = (name: string): string =>
  `import { ofKind } from ${JSON.stringify(registry)};
import * as z from ${JSON.stringify(zod)};
const name = ${JSON.stringify(name)};
export const own = ofKind("router", { name, schema: z.object({ name: z.literal(name) }) });
export const other = 3;
`;

test("exported definitions are added to their registry; loading them twice has no effect", async () => {
  const path = write("own.mjs", router("own-router"));
  const before = routers.list().length;
  await loadPlugins([path]);
  await loadPlugins([path, path]);
  expect(routers.list()).toHaveLength(before + 1);
  expect(routers.find("own-router")).toBeDefined();
});

test("a configuration that is not trusted lists only plug-ins that are loaded", async () => {
  const plugin = write("trusted.mjs", router("trusted-router"));
  const source = write("listing.yaml", `extends: quickstart\nplugins: [${plugin}]\n`);
  await expect(loadTrainConfig(source, { trusted: false })).rejects.toThrow(
    `lists the plug-in ${plugin}, which is not loaded; pass --plugin ${plugin} if you trust it`,
  );
  expect(routers.find("trusted-router")).toBeUndefined();
  await loadPlugins([plugin]);
  expect((await loadTrainConfig(source, { trusted: false })).plugins).toEqual([plugin]);
});

test("a file that has moved is replaced by a loaded one of the same name", async () => {
  const old = join(folder, "old", "moved.mjs");
  const source = write("old-place.yaml", `extends: quickstart\nplugins: [${old}]\n`);
  await expect(loadTrainConfig(source)).rejects.toThrow(
    /old\/moved\.mjs does not exist; correct .* or pass --plugin with the new path of moved\.mjs$/,
  );
  const plugin = write("moved.mjs", router("moved-router"));
  await loadPlugins([plugin]);
  expect((await loadTrainConfig(source)).plugins).toEqual([plugin]);
  expect(unloadedPlugins([old])).toEqual([]);
});

test("paths and packages become URLs", () => {
  const path = write("empty.mjs", "export {};\n");
  expect(pluginUrls([path])[0]).toMatch(/^file:\/\/\/.*empty\.mjs$/);
  expect(pluginUrls(["zod"])[0]).toMatch(/^file:\/\/\/.*node_modules\/zod\//);
});

test.each<[string, () => string, RegExp]>([
  ["a missing file", () => "./none.js", /^the plug-in \.\/none\.js does not exist; /],
  [
    "a missing package",
    () => "no-such-plugin",
    /^the plug-in no-such-plugin is not an installed package; install it, or write \.\/no-such-plugin for a file$/,
  ],
  ["an empty name", () => "", /^the name of a plug-in is empty; write a path, such as/],
  ["a folder", () => folder, /^the plug-in .* is a folder; name a file that ends with \.js/],
  ["JSON", () => write("x.json", "{}"), /x\.json is no module of JavaScript; name a file/],
  ["a module of Node", () => "fs", /^the plug-in fs is a module of Node; name a file/],
  [
    "null",
    () => write("null.mjs", "throw null;\n"),
    /null\.mjs failed .* imported: it threw null$/,
  ],
  ["a text", () => write("text.mjs", 'throw "tea";\n'), /text\.mjs failed .*: it threw "tea"$/],
  [
    "no definition",
    () => write("plain.mjs", "export const three = 3;\n"),
    /plain\.mjs exports no definition; export the result of defineRouter/,
  ],
  [
    "a module that throws",
    () => write("throws.mjs", 'throw new Error("out of tea");\n'),
    /throws\.mjs failed while it was imported: out of tea$/,
  ],
  [
    "a TypeScript module that throws",
    () => write("throws.ts", 'throw new Error("out of tea");\n'),
    /throws\.ts failed while it was imported: out of tea$/,
  ],
  [
    "a name in use",
    () => write("taken.mjs", router("switch")),
    /taken\.mjs failed: the router switch is already defined; choose another name/,
  ],
  [
    "TypeScript that this Node version cannot read",
    // The error that Node throws without type stripping; in tests, vitest's loader reads TypeScript.
    () =>
      write(
        "unread.ts",
        'throw Object.assign(new Error("Unknown file extension"), { code: "ERR_UNKNOWN_FILE_EXTENSION" });\n',
      ),
    /unread\.ts cannot be imported: Node [\d.]+ does not read TypeScript; use Node 22\.18 or newer, /,
  ],
])("%s is refused with exit code 2", async (_, plugin, message) => {
  await expect(loadPlugins([plugin()])).rejects.toMatchObject({
    message: expect.stringMatching(message),
    exitCode: 2,
  });
});
