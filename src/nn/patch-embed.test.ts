import { expect, test } from "vitest";
import { allocate, toNumbers } from "../graph/array.ts";
import { batch } from "../graph/shape.ts";
import { patchEmbed, patchGrid, patchify } from "./patch-embed.ts";
import { normalArray, runScoped } from "./scope.fixture.ts";

test("patches are extracted row by row, channels first", async () => {
  const images = allocate("float32", [1, 2, 4, 6]);
  for (let i = 0; i < images.data.length; i++) images.data[i] = i;
  const { outputs } = await runScoped((_, { images: x }) => ({ patches: patchify(x!, 2) }), {
    inputs: { images },
  });
  expect(outputs.patches!.shape).toEqual([6, 8]);
  // Second patch of the upper row: columns 2 and 3 of rows 0 and 1, in both channels.
  expect(toNumbers(outputs.patches!).slice(8, 16)).toEqual([2, 3, 8, 9, 26, 27, 32, 33]);
});

test("the embedding equals the convolution with the patch as kernel and stride", async () => {
  const [B, C, height, width, P, D] = [2, 3, 8, 12, 4, 5];
  const images = normalArray("images", [B, C, height, width]);
  const weight = normalArray("weight", [D, C, P, P]);
  const bias = normalArray("bias", [D]);
  const { outputs } = await runScoped(
    (scope, { images: x }) => ({ y: patchEmbed(scope, x!, { patchSize: P, width: D }) }),
    {
      inputs: { images },
      shapes: { images: [batch(), C, height, width] },
      values: { "proj.weight": weight, "proj.bias": bias },
    },
  );
  const [rows, columns] = [height / P, width / P];
  expect(outputs.y!.shape).toEqual([B * rows * columns, D]);
  const expected: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let d = 0; d < D; d++) {
          let sum = bias.data[d]!;
          for (let c = 0; c < C; c++) {
            for (let y = 0; y < P; y++) {
              for (let x = 0; x < P; x++) {
                const pixel = ((b * C + c) * height + row * P + y) * width + column * P + x;
                sum += images.data[pixel]! * weight.data[((d * C + c) * P + y) * P + x]!;
              }
            }
          }
          expected.push(sum);
        }
      }
    }
  }
  const values = toNumbers(outputs.y!);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
});

test("an image size that is not a multiple of the patch is refused", () => {
  expect(patchGrid(28, 32, 4)).toEqual({ rows: 7, columns: 8 });
  expect(() => patchGrid(28, 32, 5)).toThrow(
    "an image of 28x32 pixels cannot be divided into patches of 5; choose a patch_size that divides both",
  );
});
