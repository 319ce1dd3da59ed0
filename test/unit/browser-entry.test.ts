/** Bundles the browser entries and checks the bundled modules. */
import { fileURLToPath } from "node:url";
import { build, type Rollup } from "vite";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Entries of the package that a page may import. */
const folders = ["graph", "ops", "autodiff", "onnx", "nn", "moe", "models", "losses", "optim"];
const entries = {
  browser: "src/browser.ts",
  webgpu: "src/webgpu.ts",
  ...Object.fromEntries(
    [...folders, "random", "inspect", "live"].map((folder) => [folder, `src/${folder}/index.ts`]),
  ),
};

async function bundle(entry: Readonly<Record<string, string>>): Promise<Rollup.OutputChunk[]> {
  const result = (await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      target: "es2023",
      reportCompressedSize: false,
      lib: { entry: { ...entry }, formats: ["es"] },
      rolldownOptions: { external: [/onnxruntime-web/] },
    },
  })) as Rollup.RollupOutput[];
  return result.flatMap(({ output }) => output.filter((part) => part.type === "chunk"));
}

test("the browser entries bundle without Node's modules, native code and image codecs", async () => {
  const chunks = await bundle(entries);
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  expect(modules.length).toBeGreaterThan(100);
  const foreign =
    /__vite-browser-external|^node:|node_modules\/(koffi|sharp|onnxruntime-node|linkedom)\/|src\/(cli|runtime\/native)/;
  expect(modules.filter((id) => foreign.test(id))).toEqual([]);
  const imports = new Set(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]));
  const own = new Set(chunks.map(({ fileName }) => fileName));
  expect([...imports].filter((name) => !own.has(name)).toSorted()).toEqual([
    "#onnxruntime-web",
    "onnxruntime-web/webgpu",
  ]);
  for (const { code } of chunks) expect(code).not.toMatch(/["']node:/);
}, 60_000);

test("names of the browser entry match the Node entry if both have them", async () => {
  const [node, browser] = await Promise.all([
    import("../../src/index.ts"),
    import("../../src/browser.ts"),
  ]);
  const missing = Object.keys(node).filter((name) => !(name in browser));
  // Files, threads, native code and the command line's configuration are excluded.
  expect(missing.toSorted()).toEqual([
    "classificationTask",
    "configToYaml",
    "createConfig",
    "createLoader",
    "customTask",
    "evaluateRun",
    "listRecipes",
    "loadConfig",
    "loadWeights",
    "nativeRuntime",
    "openDataset",
    "renderReport",
    "train",
    "trainConfigSchema",
  ]);
});
