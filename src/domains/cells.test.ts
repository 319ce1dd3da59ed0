import { expect, test } from "vitest";
import { fromSnakeCase } from "../config/case.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { dataSchema } from "../recipe/data-config.ts";
import { planCells } from "./cells.ts";
import { tinyDomains } from "./domains.fixture.ts";

const domains = ["a", "b", "c"];
const config = tinyDomains();

test("cells cover every test domain and algorithm, trial by trial", () => {
  const cells = planCells([config], {
    domains,
    testDomains: ["a", "b"],
    trials: 2,
    algorithms: ["erm", "coral"],
  });
  expect(cells.map((cell) => [cell.trial, ...cell.testDomains, cell.algorithm].join(" "))).toEqual([
    "0 a ERM",
    "0 a CORAL",
    "0 b ERM",
    "0 b CORAL",
    "1 a ERM",
    "1 a CORAL",
    "1 b ERM",
    "1 b CORAL",
  ]);
  expect(new Set(cells.map(({ run }) => run)).size).toBe(8);
  expect(cells[0]!.run).toBe("tiny-domains/erm/without-a/trial-0");
});

test("a cell is the recipe without its test domain, with its own seed and algorithm", () => {
  const irm = { name: "irm", irm_lambda: 7 };
  const other: TrainConfig = {
    ...tinyDomains({ samples_per_domain: undefined, algorithm: irm }, { seed: 4 }),
    data: fromSnakeCase(
      dataSchema.parse({
        name: "pacs",
        domains: ["photo", "sketch"],
        split_seed: 10,
        normalize: { mean: [0], std: [1] },
      }),
    ),
  };
  const [first, , , last] = planCells([other], {
    domains: ["photo", "sketch"],
    testDomains: ["photo", "sketch"],
    trials: 2,
  });
  expect(first!.config.train).toMatchObject({
    samplesPerDomain: 32,
    algorithm: { name: "irm", irmLambda: 7, irmPenaltyAnnealIters: 500 },
  });
  expect(first!.config.data).toMatchObject({ domains: ["sketch"], testDomains: ["photo"] });
  expect([first, last].map((cell) => cell!.config.seed)).toEqual([4, 5]);
  expect([first, last].map((cell) => cell!.config.data)).toMatchObject([
    { splitSeed: 10 },
    { splitSeed: 11 },
  ]);
  expect(planCells([config], { domains, testDomains: ["a"], trials: 1 })[0]!.config.data).toEqual({
    ...config.data,
    testDomains: ["a"],
  });
});

test("row titles contain the differences; folder names support any domain name", () => {
  const second = { ...config, recipe: "other" };
  const rows = (configs: readonly (typeof config)[], algorithms: readonly string[]) =>
    planCells(configs, { domains, testDomains: ["a"], trials: 1, algorithms }).map(
      ({ algorithm }) => algorithm,
    );
  expect(rows([config], ["group_dro"])).toEqual(["GroupDRO"]);
  expect(rows([config, second], ["erm"])).toEqual(["tiny-domains", "other"]);
  expect(rows([config, second], ["erm", "mixup"])).toEqual([
    "tiny-domains, ERM",
    "tiny-domains, Mixup",
    "other, ERM",
    "other, Mixup",
  ]);
  const [cell] = planCells([config], { domains: ["../x", "b"], testDomains: ["../x"], trials: 1 });
  expect(cell!.run).toBe("tiny-domains/erm/without-.._2Fx/trial-0");
  expect(() => rows([config], ["vrex"])).toThrow(
    'unknown algorithm "vrex"; known are erm, coral, irm, group_dro, mixup',
  );
});

test("cross-validation leaves out each pair of domains once", () => {
  const options = { domains, testDomains: ["a", "c"], trials: 1, crossValidation: true };
  const left = planCells([config], options).map(({ testDomains }) => testDomains.join("+"));
  expect(left).toEqual(["a", "c", "a+b", "a+c", "b+c"]);
});
