import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { alongAxis, checkOperator, property, randomArray, randomCases } from "./check.fixture.ts";
import { cumulativeSum, flip } from "./scan.ts";

test("running sums, exclusive and from the end, and reversal", async () => {
  await property(randomCases(1, 3), ({ shape, seed }) => {
    const axis = (seed % (2 * shape.length)) - shape.length;
    const inputs = [randomArray(shape, seed)];
    const sums = [0, 1, 2, 3].map((flags) => {
      const options = { exclusive: (flags & 1) === 1, reverse: flags > 1 };
      const counts = (i: number, j: number) =>
        (options.reverse ? j > i : j < i) || (j === i && !options.exclusive);
      return {
        fn: (x: Parameters<typeof flip>[0]) => cumulativeSum(x, axis, options),
        reference: (x?: Parameters<typeof alongAxis>[0]) =>
          alongAxis(x!, axis, (line) =>
            line.map((_, i) => line.reduce((sum, v, j) => sum + (counts(i, j) ? v : 0), 0)),
          ),
        inputs,
      };
    });
    return [
      ...sums,
      {
        fn: (x) => flip(x, axis),
        reference: (x) => alongAxis(x!, axis, (line) => line.toReversed()),
        inputs,
      },
    ];
  });
});

test("a symbolic axis", async () => {
  await checkOperator({
    fn: (x) => [flip(x, 0), cumulativeSum(x, 0)],
    reference: (x) => [
      alongAxis(x!, 0, (line) => line.toReversed()),
      alongAxis(x!, 0, (line) => line.map((_, i) => line.slice(0, i + 1).reduce((a, b) => a + b))),
    ],
    inputs: [randomArray([2, 3], 1)],
    shapes: [[batch(), 3]],
    again: [[randomArray([5, 3], 2)]],
  });
});

test("integers are summed exactly", async () => {
  const [y] = await evaluate((x) => cumulativeSum(x), [array([1, 2, 3], "int64")]);
  expect(y!.dtype).toBe("int64");
  expect(toNumbers(y!)).toEqual([1, 3, 6]);
});

test("an axis outside the rank is refused", async () => {
  await expect(evaluate((x) => flip(x, 3), [array([1])])).rejects.toThrow(/axis 3 is outside/);
});
