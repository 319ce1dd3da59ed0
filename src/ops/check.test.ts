import { expect, test } from "vitest";
import { mul, sub } from "./arithmetic.ts";
import { checkOperator, elementwise, randomArray, values } from "./check.fixture.ts";
import { stopGradient } from "./compare.ts";

const inputs = [randomArray([2, 2], 1)];

test("a wrong value is detected", async () => {
  const reference = elementwise((x) => 2.001 * x!);
  await expect(checkOperator({ fn: (x) => mul(x, 2), reference, inputs })).rejects.toThrow(
    /output 0, entry \d of \[2,2\]/,
  );
});

test("a wrong gradient is detected", async () => {
  const reference = elementwise((x) => x! * x!);
  const fn = (x: Parameters<typeof stopGradient>[0]) => mul(x, stopGradient(x));
  await expect(checkOperator({ fn, reference, inputs })).rejects.toThrow(/gradient 0, entry \d/);
});

test("a wrong shape is detected", async () => {
  const reference = () => values([4], () => 0);
  await expect(checkOperator({ fn: (x) => sub(x, x), reference, inputs })).rejects.toThrow(
    /shape of output 0/,
  );
});
