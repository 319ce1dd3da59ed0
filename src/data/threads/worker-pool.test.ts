import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { tsxFor } from "./start-thread.ts";

/** Runs a program with the loader in a process of its own, and returns its exit code and output. */
async function runProgram(body: string): Promise<[code: unknown, output: string]> {
  const installed = pathToFileURL(createRequire(import.meta.url).resolve("tsx"));
  const tsx = new URL("./esm/api/index.mjs", installed).href;
  const loader = new URL("../loader.ts", import.meta.url).href;
  const program = `
    const { register } = await import("${tsx}");
    register();
    const { createLoader } = await import("${loader}");
    const spec = { name: "shapes", split: "train", length: 64, size: 16 };
    ${body}
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  return [code, out.trim()];
}

test("a process stays alive while it waits for answers of threads", async () => {
  // The main thread sleeps until the prefetched batches have arrived, and reads them after `dispose`.
  const result = await runProgram(`
    const loader = await createLoader(spec, { batchSize: 2, shuffle: true, prefetch: 8 });
    await loader.next();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    await loader.dispose();
    console.log("done");
  `);
  expect(result).toEqual([0, "done"]);
});

test.runIf(process.platform === "linux")("threads that end early leave no file open", async () => {
  const [code, output] = await runProgram(`
      const { readdirSync } = await import("node:fs");
      const files = [];
      for (const wait of [0, 150, 200]) {
        const loader = await createLoader(spec, { batchSize: 2, shuffle: true, workers: 2 });
        loader.next().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, wait)); // while the threads load modules
        await loader.dispose();
        files.push(readdirSync("/proc/self/fd").length);
      }
      console.log(JSON.stringify(files));
    `);
  const files = JSON.parse(output) as number[];
  expect([code, files.at(-1)]).toEqual([0, files[0]]);
});

test("threads register tsx for the sources, and for TypeScript that Node does not read", () => {
  const own = new URL("./loader-worker.ts", import.meta.url).href;
  expect(tsxFor(["file:///a.js"])).toBeUndefined();
  expect(tsxFor([own])?.href).toMatch(/tsx\/dist\/esm\/api\/index\.mjs$/);
  const reads = (process.features as { typescript?: unknown }).typescript;
  expect(tsxFor(["file:///a.mts"]) === undefined).toBe(Boolean(reads));
});
