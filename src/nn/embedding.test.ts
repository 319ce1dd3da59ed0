import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { embedding } from "./embedding.ts";
import { runScoped } from "./scope.fixture.ts";

test("an embedding reads rows of its table, and its gradient sums the uses of a row", async () => {
  const table = array([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const { outputs, gradients, trace } = await runScoped(
    (scope, { ids }) => ({
      y: embedding(scope.child("words"), ids!, { numEmbeddings: 3, width: 2 }),
    }),
    {
      inputs: { ids: array([[2, 0, 2]], "int64") },
      shapes: { ids: [batch(), 3] },
      values: { "words.weight": table },
      differentiate: ["y"],
    },
  );
  expect(trace.parameters.get("words.weight")!.shape).toEqual([3, 2]);
  expect(outputs.y!.shape).toEqual([1, 3, 2]);
  expect(toNumbers(outputs.y!)).toEqual([5, 6, 1, 2, 5, 6]);
  const slope = toNumbers(gradients.y!["words.weight"]!);
  expect(slope.slice(2, 4)).toEqual([0, 0]); // Row 1 is never used.
  expect(slope.slice(0, 2)).not.toEqual([0, 0]);
});
