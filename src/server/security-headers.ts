/** Security headers of the inspector's page. */

/** Hash of the style element that Observable Plot adds to the charts of `report/charts`. */
const CHART_STYLE = "sha256-zrfVyvY1E/5V+DXZunsRZW8XTqTsuIZzp8dBDThhSn8=";

/**
 * Scripts, styles, workers and data come from the page's origin only. The runtime compiles WebAssembly;
 * pictures are drawn from bytes.
 */
const directives = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "worker-src": "'self'",
  "style-src": `'self' '${CHART_STYLE}'`,
  "img-src": "'self' data: blob:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
} as const;

/** The content security policy, as a header or a meta element. */
export const pagePolicy: string = Object.entries(directives)
  .map(([name, value]) => `${name} ${value}`)
  .join("; ");

/** Headers of every response. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": `${pagePolicy}; frame-ancestors 'none'`,
  // Cross-origin isolation, required by WebAssembly threads.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};
