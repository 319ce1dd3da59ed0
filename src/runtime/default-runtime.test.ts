import { expect, test, vi } from "vitest";
import { array } from "../graph/array.ts";
import { exp } from "../ops/arithmetic.ts";
import { installedRuntime } from "./default-runtime.ts";
import { evaluate } from "./evaluate.ts";
import { systemSearch } from "./native/library.ts";

test("without a native library, WebAssembly computes the same after one warning", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  try {
    const missing = () => {
      throw new Error("not found");
    };
    const runtime = installedRuntime({ ...systemSearch(), resolvePackage: missing });
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]![0]).toMatch(/on WebAssembly.*npm install --ignore-scripts onnxr/);
    expect(runtime).toMatchObject({ name: "web", copiesInputs: true });
    const [y] = await evaluate((x) => exp(x), [array([0, 1])], { runtime });
    expect([...(y!.data as Float32Array)]).toEqual([1, Math.fround(Math.E)]);
    await expect(runtime.createSession(new Uint8Array(), { provider: "cuda" })).rejects.toThrow(
      'no provider "cuda", only wasm',
    );
  } finally {
    warn.mockRestore();
  }
});

test("with its library, the native runtime is chosen", () => {
  expect(installedRuntime().name).toBe("native");
});
