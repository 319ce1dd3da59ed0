/** Building HTML from values that may hold markup: everything is escaped unless marked as HTML. */

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/** What may stand in a template: text is escaped, lists are joined, nothing becomes nothing. */
export type Part = string | number | Html | null | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  // Control characters have no place in HTML; a lone surrogate has no UTF-8 form.
  return text
    .replace(/[&<>"']/g, (character) => entities[character]!)
    .replace(/[^\P{Cc}\n\r\t]|\p{Surrogate}/gu, "\ufffd");
}

/** Marks a string as HTML; only for strings that this program wrote. */
export function raw(text: string): Html {
  return { html: text };
}

/**
 * A template whose values are escaped.
 *
 * @example
 * html`<p>${"a < b"}</p>`.html // "<p>a &lt; b</p>"
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0]!;
  parts.forEach((part, i) => {
    text += render(part) + strings[i + 1]!;
  });
  return { html: text };
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  if ("html" in part) return part.html;
  return part.map(render).join("");
}
