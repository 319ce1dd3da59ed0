/** Explains failures of ONNX Runtime in terms of the model. */

const pattern =
  /(?:while running|from) (\S+) node\. ?Name: ?'([^']*)' ?(?:Status Message: ?)?([\s\S]*)$/;

/**
 * Describes a failed run, with the operator and its place in the model.
 *
 * @param explain maps the name of the failed node to a place in the model function
 * @example
 * "... while running Gemm node. Name:'fc' Status Message: bad shape"
 * // operator Gemm failed at fc: bad shape
 */
export function runFailure(
  cause: unknown,
  explain?: (nodeName: string) => string | undefined,
): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  const match = pattern.exec(message);
  if (match === null) return new Error(`the graph failed: ${withoutSource(message)}`, { cause });
  const [, operator, name, status] = match as unknown as [string, string, string, string];
  const place = explain?.(name) ?? (name === "" ? "a node without a name" : name);
  return new Error(`operator ${operator} failed at ${place}: ${withoutSource(status)}`, { cause });
}

/**
 * ONNX Runtime's message without the C++ source line at the start of a failed assertion
 * ("file:line function(...) condition was false.", "file:line function(...) [ONNXRuntimeError] ...",
 * "file:line function(...) [with T = type] ...").
 */
export function withoutSource(status: string): string {
  const text = status
    .trim()
    .replace(/^failed to call OrtRun\(\)\. ERROR_CODE: \d+, ERROR_MESSAGE: /, "");
  const inner = /^\S+:\d+ [\s\S]*?\[ONNXRuntimeError\] : \d+ : \w+ : ([\s\S]*)$/.exec(text);
  const assertion = /^\S+:\d+ [\s\S]*? was false\. ?([\s\S]*)$/.exec(text);
  const template = /^\S+:\d+ [^[]*\) \[with [^\]]*\] ([\s\S]*)$/.exec(text);
  return (inner?.[1] ?? assertion?.[1] ?? template?.[1] ?? "").trim() || text;
}
