/** What browsers may do with the inspector's page. */

/** Of the style element that Observable Plot puts into the charts of `report/charts`. */
const CHART_STYLE = "sha256-zrfVyvY1E/5V+DXZunsRZW8XTqTsuIZzp8dBDThhSn8=";

/**
 * Scripts, styles, workers and data come from the page's own place alone. The runtime compiles
 * WebAssembly; pictures are drawn from bytes.
 */
const directives = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "worker-src": "'self' blob:",
  "style-src": `'self' '${CHART_STYLE}'`,
  "img-src": "'self' data: blob:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
} as const;

/** The policy of a page, which may also stand in the page itself. */
export const pagePolicy: string = Object.entries(directives)
  .map(([name, value]) => `${name} ${value}`)
  .join("; ");

/** Headers of every response. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `${pagePolicy}; frame-ancestors 'none'`,
  // Both make pages isolated, which threads of WebAssembly need.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};
