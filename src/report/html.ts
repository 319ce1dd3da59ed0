/** HTML templates that escape every value unless it is marked as HTML. */

/** Text that is already HTML. */
export interface Html {
  readonly html: string;
}

/**
 * Template values: text is escaped, lists are joined, null and undefined render as an empty string.
 */
export type Part = string | number | Html | null | undefined | false | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  // HTML allows no control characters; a lone surrogate cannot be encoded as UTF-8.
  return text
    .replace(/[&<>"']/g, (character) => entities[character]!)
    .replace(/[^\P{Cc}\n\r\t]|\p{Surrogate}/gu, "\ufffd");
}

/** Marks a string as HTML; only for trusted strings. */
export function raw(text: string): Html {
  return { html: text };
}

/**
 * An HTML template; values are escaped.
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
