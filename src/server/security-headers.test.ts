import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { curveChart } from "../report/charts/curves.ts";
import { pagePolicy } from "./security-headers.ts";

test("the policy contains the hash of the charts' style element", () => {
  const { document } = parseHTML("<html></html>");
  const points = [
    { x: 0, y: 1 },
    { x: 1, y: 2 },
  ];
  const svg = curveChart([{ label: "loss", points }], { document, width: 300 });
  const styles = [...svg.querySelectorAll("style")].map(({ textContent }) => textContent!);
  expect(styles).toHaveLength(1);
  const hash = createHash("sha256").update(styles[0]!).digest("base64");
  expect(pagePolicy).toContain(`'sha256-${hash}'`);
});
