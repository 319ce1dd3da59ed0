import { expect, test } from "vitest";
import {
  type CamelCased,
  camelCase,
  fromSnakeCase,
  type SnakeCased,
  snakeCase,
  toSnakeCase,
} from "./case.ts";

test.each([
  ["num_selected_experts", "numSelectedExperts"],
  ["seed", "seed"],
  ["image_to_text_r1", "imageToTextR1"],
  ["gpt2_xl", "gpt2Xl"],
  ["conv_2d", "conv_2d"],
  ["_private", "_private"],
])("%s is %s in code, and maps back", (snake, camel) => {
  expect(camelCase(snake)).toBe(camel);
  expect(snakeCase(camel)).toBe(snake);
});

test("keys change at any depth, values do not", () => {
  const yaml = { model: { num_experts: 4 }, stages: [{ drop_path: 0.1 }], data_set: "a_b" };
  const code: CamelCased<typeof yaml> = fromSnakeCase(yaml);
  expect(code.model.numExperts + code.stages[0]!.dropPath).toBe(4.1);
  expect(code).toEqual({
    model: { numExperts: 4 },
    stages: [{ dropPath: 0.1 }],
    dataSet: "a_b",
  });
  expect(toSnakeCase(code)).toEqual(yaml);
  expect(fromSnakeCase(null)).toBeNull();
});

test("the types map in both directions", () => {
  interface Config {
    readonly numExperts: number;
    dropPath?: readonly [number, { r1Score: string; conv_2dX: boolean }];
  }
  const config: Config = { numExperts: 2, dropPath: [1, { r1Score: "a", conv_2dX: true }] };
  const snake: SnakeCased<Config> = {
    num_experts: 2,
    drop_path: [1, { r1_score: "a", conv_2d_x: true }],
  };
  const back: CamelCased<SnakeCased<Config>> = fromSnakeCase(snake);
  const same: Config = back;
  expect(same).toEqual(config);
  expect(toSnakeCase(config)).toEqual(snake);
});
