import { createHash } from "node:crypto";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { html } from "./html.ts";
import { renderPage } from "./page.ts";

const policyOf = (page: string): string =>
  parseHTML(page).document.querySelector("[http-equiv]")!.getAttribute("content")!;

test("a page escapes its title, adds its style, and must not load or run anything", () => {
  const page = renderPage({ title: "<b>", style: ".own{}", body: html`<h1>${"a < b"}</h1>` });
  const { document } = parseHTML(page);
  expect(document.title).toBe("<b> \u00b7 Moesaic");
  expect(document.querySelector("main h1")!.textContent).toBe("a < b");
  expect(document.querySelector("style")!.textContent).toMatch(/\.own\{\}$/);
  expect(document.querySelector("[name=description]")).toBeNull();
  expect(document.querySelector("script")).toBeNull();
  expect(policyOf(page)).toBe(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
  );
});

test("only the script of the page may run, by its hash", () => {
  const script = "document.title = 'x'";
  const page = renderPage({ title: "x", description: "One sentence.", script, body: html`` });
  const { document } = parseHTML(page);
  const text = document.querySelector("script")!.textContent;
  expect(text).toBe(script);
  const hash = createHash("sha256").update(text).digest("base64");
  expect(policyOf(page)).toContain(`script-src 'sha256-${hash}'`);
  expect(document.querySelector("[name=description]")!.getAttribute("content")).toBe(
    "One sentence.",
  );
});
