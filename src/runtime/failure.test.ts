import { expect, test } from "vitest";
import { runFailure } from "./failure.ts";

const gemm =
  "Non-zero status code returned while running Gemm node. Name:'fc' Status Message: bad shape";

test("the operator and the node's name are parsed", () => {
  expect(runFailure(new Error(gemm)).message).toBe("operator Gemm failed at fc: bad shape");
});

test("a node's name is mapped to its place in the model", () => {
  const explain = (name: string) => (name === "fc" ? "encoder.mlp.fc1" : undefined);
  expect(runFailure(new Error(gemm), explain).message).toBe(
    "operator Gemm failed at encoder.mlp.fc1: bad shape",
  );
});

test("an assertion keeps its explanation, without the C++ source line", () => {
  const status =
    "/src/element_wise_ops.h:563 void Init(ptrdiff_t) axis == 1 was false. Attempting to broadcast 2 by 3";
  const message = `Non-zero status code returned while running Add node. Name:'a' Status Message: ${status}`;
  expect(runFailure(new Error(message)).message).toBe(
    "operator Add failed at a: Attempting to broadcast 2 by 3",
  );
});

test("a message in another form is passed on", () => {
  const cause = new Error("out of memory");
  const error = runFailure(cause);
  expect(error.message).toBe("the graph failed: out of memory");
  expect(error.cause).toBe(cause);
});
