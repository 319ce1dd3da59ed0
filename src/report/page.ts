/** The frame of every HTML page: one self-contained file. */
import { createHash } from "node:crypto";
import { type Html, html, raw } from "./html.ts";
import { style } from "./style.ts";

/** The variable parts of a page. */
export interface Page {
  readonly title: string;
  /** Description for search engines and previews, one sentence. */
  readonly description?: string;
  /** CSS in addition to the shared style. */
  readonly style?: string;
  /** The only script allowed on the page. */
  readonly script?: string;
  /** Content of `<main>`. */
  readonly body: Html;
}

/**
 * Renders a page.
 *
 * Its content security policy allows inline styles, images in data URIs, and `script` by its hash.
 *
 * @example
 * renderPage({ title: "Shapes", body: html`<h1>Shapes</h1>` }) // "<!doctype html>..."
 */
export function renderPage({ title, description, style: own = "", script, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(securityPolicy(script))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${description === undefined ? null : html`<meta name="description" content="${description}">\n`}<title>${title} \u00b7 Moesaic</title>
<style>${raw(style())}${raw(own)}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? null : html`<script>${raw(script)}</script>\n`}</body>
</html>
`.html;
}

function securityPolicy(script: string | undefined): string {
  const allowed = ["default-src 'none'", "img-src data:", "style-src 'unsafe-inline'"];
  if (script !== undefined) {
    allowed.push(`script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  }
  return [...allowed, "base-uri 'none'", "form-action 'none'"].join("; ");
}
