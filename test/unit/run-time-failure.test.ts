import { expect, test } from "vitest";
import { array } from "../../src/graph/array.ts";
import type { Tensor } from "../../src/graph/graph.ts";
import { batch } from "../../src/graph/shape.ts";
import { zeros } from "../../src/nn/initializers.ts";
import { normalArray, runScoped } from "../../src/nn/scope.fixture.ts";
import type { Scope } from "../../src/nn/scope.ts";
import { gather } from "../../src/ops/gather.ts";
import { matmul } from "../../src/ops/matmul.ts";

function embed(scope: Scope, ids: Tensor): Tensor {
  const table = scope.parameter("weight", [4, 3], zeros);
  return gather(table, ids, 0);
}

test("a failure while running names the operator, its scope and its line", async () => {
  const failure = runScoped(
    (scope, { ids }) => ({ y: embed(scope.child("blocks").child(0), ids!) }),
    { inputs: { ids: array([1, 4], "int64") } },
  );
  await expect(failure).rejects.toThrow(
    /^operator Gather failed at gather in blocks\.0 \(unit[\\/]run-time-failure\.test\.ts:\d+\): .*indices element out of data bounds, idx=4/,
  );
});

test("size mismatches at run time are reported in the same way", async () => {
  // Traced for one symbolic size but run with two: the product fails at run time.
  const failure = runScoped(
    (scope, { a, b }) => {
      scope.child("head").parameter("unused", [1], zeros);
      return { y: matmul(a!, b!) };
    },
    {
      inputs: { a: normalArray("a", [2, 3]), b: normalArray("b", [4, 5]) },
      shapes: { a: [2, batch()], b: [batch(), 5] },
    },
  );
  await expect(failure).rejects.toThrow(/^operator Gemm failed at matmul in head \(unit/);
});

test("an impossible shape is refused while tracing, with its scope", async () => {
  const failure = runScoped(
    (scope, { a }) => {
      const weight = scope.child("head").parameter("weight", [5, 2], zeros);
      return { y: matmul(a!, weight) };
    },
    { inputs: { a: normalArray("a", [2, 3]) } },
  );
  await expect(failure).rejects.toThrow(/^matmul in head: .*\[2, 3\].*\[5, 2\]/);
});
