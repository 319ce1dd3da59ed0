/** The page computes on WebAssembly alone: the package's part without WebGPU is half as large. */
export const runtimeAlias = [
  { find: /^onnxruntime-web$/, replacement: "onnxruntime-web/wasm" },
] as const;
