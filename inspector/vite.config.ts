/**
 * Builds the inspector's page to `dist/inspector`, with relative URLs, so that any folder can serve
 * it.
 */
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";
import { expertStyle, style } from "../src/report/style.ts";
import { packageAlias } from "./aliases.ts";
import { thirdPartyNotices } from "./notices.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Number of distinct expert colours in the style sheet. */
const numColors = 128;

/** `virtual:report.css`: the style sheet of reports. */
function reportStyle(): Plugin {
  const name = "virtual:report.css";
  return {
    name: "report-style",
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load: (id) => (id === `\0${name}` ? `${style()}\n${expertStyle(numColors)}` : null),
  };
}

const notices = thirdPartyNotices();

const config: UserConfig = defineConfig({
  root: here,
  base: "./",
  plugins: [reportStyle(), notices.write],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: [...packageAlias] },
  worker: { format: "es", plugins: () => [notices.collect] },
  build: {
    target: "es2023",
    outDir: fileURLToPath(new URL("../dist/inspector", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The runtime is too large for the page's initial load, so it is a separate chunk.
    chunkSizeWarningLimit: 1500,
  },
});
export default config;
