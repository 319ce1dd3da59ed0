import { expect, test } from "vitest";
import { type DomainRecord, type SelectionQuery, selectAccuracy } from "./model-selection.ts";
import { domainTable, domainTableMarkdown, domainTableText, estimate } from "./table.ts";

const domains = ["a", "b", "c"];
const query: SelectionQuery = { algorithm: "ERM", trial: 0, testDomain: "c", domains };

/** One evaluation of a run that held out `testDomains`; accuracies of a, b and c. */
function record(
  testDomains: readonly string[],
  step: number,
  [ins, outs]: readonly [readonly number[], readonly number[]],
  more: Partial<DomainRecord> = {},
): DomainRecord {
  const named = (values: readonly number[]) =>
    Object.fromEntries(domains.map((domain, i) => [domain, values[i]!]));
  const accuracies = { inAccuracy: named(ins), outAccuracy: named(outs) };
  return { algorithm: "ERM", trial: 0, testDomains, step, ...accuracies, ...more };
}

// Two settings, two steps. Test accuracy is the in split of c, distinct in each record.
const table: readonly DomainRecord[] = [
  record(["c"], 100, [
    [0.9, 0.9, 0.51],
    [0.9, 0.8, 0.6],
  ]), // training domains: 0.85, the best
  record(["c"], 200, [
    [0.9, 0.9, 0.52],
    [0.8, 0.8, 0.5],
  ]), // 0.80; oracle 0.5
  record(
    ["c"],
    100,
    [
      [0.9, 0.9, 0.53],
      [0.7, 0.7, 0.9],
    ],
    { settings: 1 },
  ), // 0.70; best of c, but earlier
  record(
    ["c"],
    200,
    [
      [0.9, 0.9, 0.54],
      [0.7, 0.9, 0.7],
    ],
    { settings: 1 },
  ), // 0.80; oracle 0.7, the best
  // Held out with c: a has 0.3, then 0.8; b has 0.4, then 0.6.
  record(["a", "c"], 100, [
    [0.3, 0.9, 0],
    [0, 0.9, 0],
  ]),
  record(["b", "c"], 100, [
    [0.9, 0.4, 0],
    [0.9, 0, 0],
  ]), // cross-validation: (0.3 + 0.4) / 2
  record(["c", "a"], 200, [
    [0.8, 0.9, 0],
    [0, 0.9, 0],
  ]),
  record(["c", "b"], 200, [
    [0.9, 0.6, 0],
    [0.9, 0, 0],
  ]), // (0.8 + 0.6) / 2 = 0.7, the best
];

test("the three methods select different evaluations, worked out by hand", () => {
  const training = selectAccuracy(table, "training_domain_validation", query)!;
  expect(training).toMatchObject({ test: 0.51, step: 100, settings: 0 });
  expect(training.validation).toBeCloseTo(0.85, 12);
  const crossed = selectAccuracy(table, "leave_one_domain_out", query)!;
  expect(crossed).toMatchObject({ test: 0.52, step: 200, settings: 0 });
  expect(crossed.validation).toBeCloseTo(0.7, 12);
  const oracle = selectAccuracy(table, "oracle", query);
  expect(oracle).toEqual({ validation: 0.7, test: 0.54, step: 200, settings: 1 });
});

test("accuracy on the test domain does not affect training-domain selection", () => {
  const values = table.map(({ inAccuracy, outAccuracy }) => [inAccuracy.c!, outAccuracy.c!]);
  const chosen = selectAccuracy(table, "training_domain_validation", query)!;
  for (let shift = 0; shift < values.length; shift++) {
    const moved = table.map((one, i): DomainRecord => {
      const [inside, outside] = values[(i + shift) % values.length]!;
      return {
        ...one,
        inAccuracy: { ...one.inAccuracy, c: outside! },
        outAccuracy: { ...one.outAccuracy, c: inside! },
      };
    });
    for (const method of ["training_domain_validation", "leave_one_domain_out"] as const) {
      const before = selectAccuracy(table, method, query)!;
      const after = selectAccuracy(moved, method, query)!;
      expect([after.step, after.settings, after.validation]).toEqual([
        before.step,
        before.settings,
        before.validation,
      ]);
    }
    const now = selectAccuracy(moved, "training_domain_validation", query)!;
    const at = moved.find(
      ({ step, settings = 0 }) => step === now.step && settings === now.settings,
    );
    expect(now.test).toBe(at!.inAccuracy.c);
  }
  expect(chosen.step).toBe(100);
});

test("ties go to the earliest step and the highest settings", () => {
  const flat = [
    [0, 0, 0.1],
    [0.5, 0.5, 0.5],
  ] as const;
  const tied = [
    record(["c"], 300, flat),
    record(["c"], 200, flat),
    record(["c"], 200, flat, { settings: 2 }),
    record(["c"], 400, flat, { settings: 2 }),
  ];
  expect(selectAccuracy(tied, "training_domain_validation", query)).toMatchObject({
    step: 200,
    settings: 2,
  });
  expect(selectAccuracy(tied.slice(0, 2), "oracle", query)).toMatchObject({ step: 300 });
});

test("runs that held out two domains do not count as runs that held out one", () => {
  const pairs = table.filter(({ testDomains }) => testDomains.length === 2);
  expect(selectAccuracy(pairs, "training_domain_validation", query)).toBeUndefined();
  expect(selectAccuracy(pairs, "oracle", query)).toBeUndefined();
});

test("cross-validation needs every pair of domains", () => {
  const some = table.filter(({ testDomains }) => !testDomains.includes("b"));
  expect(selectAccuracy(some, "leave_one_domain_out", query)).toBeUndefined();
});

test("an accuracy required for selection must exist", () => {
  const { outAccuracy: _, ...rest } = table[0]!;
  const broken = [{ ...rest, outAccuracy: { a: 0.5 } }];
  expect(() => selectAccuracy(broken, "training_domain_validation", query)).toThrow(
    "the evaluation at step 100 has no accuracy on b",
  );
});

test("mean and standard error equal DomainBed's", () => {
  // numpy: np.mean([.8, .9, .7]), np.std([.8, .9, .7] / np.sqrt(3)).
  const { mean, standardError, trials } = estimate([0.8, 0.9, 0.7]);
  expect(mean).toBeCloseTo(0.8, 12);
  expect(standardError).toBeCloseTo(0.0471404520791, 12);
  expect(trials).toBe(3);
  expect(estimate([0.5]).standardError).toBe(0);
});

test("the table has a row for each algorithm, a column for each domain, and the average", () => {
  const run = (algorithm: string, trial: number, domain: string, accuracy: number) =>
    record(
      [domain],
      1,
      [
        [accuracy, accuracy, accuracy],
        [0.5, 0.5, 0.5],
      ],
      { algorithm, trial },
    );
  const records = [
    run("ERM", 0, "a", 0.8),
    run("ERM", 1, "a", 0.9),
    run("ERM", 0, "b", 0.6),
    run("ERM", 1, "b", 0.7),
    run("ERM", 0, "c", 0.4),
    run("ERM", 1, "c", 0.2),
    run("CORAL|2", 0, "a", 0.5),
  ];
  const made = domainTable(records, "training_domain_validation", { domains });
  // Trials: (0.8 + 0.6 + 0.4) / 3 = 0.6 and (0.9 + 0.7 + 0.2) / 3 = 0.6.
  expect(made.rows[0]!.average!.standardError).toBeCloseTo(0, 12);
  expect(domainTableText(made)).toEqual({
    heading: ["Algorithm", "a", "b", "c", "Avg"],
    rows: [
      ["ERM", "85.0 ± 3.5", "65.0 ± 3.5", "30.0 ± 7.1", "60.0 ± 0.0"],
      ["CORAL|2", "50.0", "X", "X", "X"],
    ],
  });
  expect(domainTableMarkdown(made).split("\n")).toEqual([
    "Model selection: training-domain validation set",
    "",
    "| Algorithm | a | b | c | Avg |",
    "| --- | ---: | ---: | ---: | ---: |",
    "| ERM | 85.0 ± 3.5 | 65.0 ± 3.5 | 30.0 ± 7.1 | 60.0 ± 0.0 |",
    "| CORAL\\|2 | 50.0 | X | X | X |",
    "",
  ]);
  const one = domainTable(records, "oracle", { domains, testDomains: ["b"], algorithms: ["ERM"] });
  expect(domainTableText(one).rows).toEqual([["ERM", "65.0 ± 3.5", "65.0 ± 3.5"]]);
  expect(made.rows[0]!.cells[1]!.selected.map(({ trial, test: value }) => [trial, value])).toEqual([
    [0, 0.6],
    [1, 0.7],
  ]);
});
