/** The types of `imports` in package.json; onnxruntime-web declares its modules by name only. */
declare module "#onnxruntime-web" {
  export * from "onnxruntime-web";
}
