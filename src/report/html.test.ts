import { expect, test } from "vitest";
import { escapeHtml, html, raw } from "./html.ts";

test("values are escaped in content and attributes, HTML is not", () => {
  const name = `"><img src=x onerror='alert(1)'>&`;
  expect(html`<p title="${name}">${name}${raw("<b>")}</p>`.html).toBe(
    `<p title="&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;">&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;<b></p>`,
  );
});

test("lists are joined, null and undefined are empty, zero is zero", () => {
  expect(html`${[html`<i>`, "<", 0]}${null}${undefined}${false}`.html).toBe("<i>&lt;0");
});

test("control characters and lone surrogates are replaced, emoji are kept", () => {
  expect(escapeHtml("a\u0000b\ud800c\n\u{1f600}")).toBe("a\ufffdb\ufffdc\n\u{1f600}");
});
