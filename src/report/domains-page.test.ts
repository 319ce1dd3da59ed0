import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import type { DomainRecord } from "../evaluate/domains/model-selection.ts";
import { domainTable } from "../evaluate/domains/table.ts";
import { domainBarsChart } from "./charts/domain-bars.ts";
import { renderDomainsPage } from "./domains-page.ts";

const domains = ["photo", "sketch"];
const record = (
  algorithm: string,
  domain: string,
  trial: number,
  accuracy: number,
): DomainRecord => ({
  algorithm,
  trial,
  testDomains: [domain],
  step: 10,
  inAccuracy: { photo: accuracy, sketch: accuracy },
  outAccuracy: { photo: 0.5, sketch: 0.5 },
});
const records = [
  record("GMoE", "photo", 0, 0.8),
  record("GMoE", "photo", 1, 0.9),
  record("GMoE", "sketch", 0, 0.4),
  record("GMoE", "sketch", 1, 0.5),
  record("<ERM>", "photo", 0, 0.9),
];
const table = domainTable(records, "training_domain_validation", { domains });

test("a bar for each algorithm and available domain, and one for the average", () => {
  const { document } = parseHTML("<!doctype html><html></html>");
  const svg = domainBarsChart(table, { document, width: 600, label: "Accuracy" });
  const titles = [...svg.querySelectorAll("rect title")].map(({ textContent }) =>
    textContent.replace(/\s/g, " "),
  );
  expect(titles).toEqual([
    "GMoE, without photo: 85.0 % ± 3.5 % (2 trials)",
    "<ERM>, without photo: 90.0 % (1 trial)",
    "GMoE, without sketch: 45.0 % ± 3.5 % (2 trials)",
    "GMoE, average: 65.0 % ± 3.5 % (2 trials)",
  ]);
  expect(svg.querySelectorAll("circle")).toHaveLength(5);
  expect(svg.outerHTML).not.toContain("NaN");
});

test("the page contains the table, marks the best of each column and links the runs", () => {
  const runs = [
    { algorithm: "GMoE", trial: 0, testDomains: ["photo"], report: "a/report.html", steps: 10 },
    { algorithm: "<ERM>", trial: 0, testDomains: ["photo"], report: "b/report.html", steps: 10 },
  ];
  const page = renderDomainsPage({ title: "Two & more", tables: [table], runs, finished: false });
  const { document } = parseHTML(page);
  expect(document.querySelector("h1")!.textContent).toBe("Two & more");
  expect(document.querySelector(".eyebrow")!.textContent).toBe("2 runs, more to follow");
  const rows = [...document.querySelectorAll(".domains tbody tr")].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );
  expect(rows).toEqual([
    ["GMoE", "85.0 ± 3.5", "45.0 ± 3.5", "65.0 ± 3.5"],
    ["<ERM>", "90.0", "X", "X"],
  ]);
  const best = [...document.querySelectorAll(".best")].map(({ textContent }) => textContent);
  expect(best).toEqual(["45.0 ± 3.5", "65.0 ± 3.5", "90.0"]);
  const links = [...document.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(links).toEqual(["a/report.html", "b/report.html"]);
});

test("all rows that print the best value are bold", () => {
  const equal = [
    record("A", "photo", 0, 0.8),
    record("B", "photo", 0, 0.7),
    record("C", "photo", 0, 0.8001), // prints 80.0 too
  ];
  const options = { domains, testDomains: ["photo"] };
  const tables = [domainTable(equal, "training_domain_validation", options)];
  const page = renderDomainsPage({ title: "Equal", tables, runs: [], finished: true });
  const rows = [...parseHTML(page).document.querySelectorAll(".domains tbody tr")];
  expect(rows.map((row) => row.querySelectorAll(".best").length)).toEqual([2, 0, 2]);
});
