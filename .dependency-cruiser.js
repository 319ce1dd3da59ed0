/** Rules of imports, checked by `npm run check:structure`: circles, layers, browser code. */
import { builtinModules } from "node:module";

/** Folders of `src/`, the lowest first: a file imports from its own folder and from lower ones. */
const layers = [
  "graph",
  "random",
  "config",
  "formats",
  "ops",
  "autodiff",
  "onnx",
  "runtime",
  "nn",
  "losses",
  "optim",
  "moe",
  "models",
  "data",
  "pretrained",
  "learn",
  "evaluate",
  "inspect",
  "report",
  "live",
  "tasks",
  "recipe",
  "runs",
  "train",
  "domains",
  "server",
  "cli",
];

/** Everything that these folders import, directly or not, must run in a browser. */
const browserFolders = [
  "graph",
  "random",
  "ops",
  "autodiff",
  "onnx",
  "nn",
  "moe",
  "losses",
  "optim",
  "evaluate",
  "inspect",
  "live",
  "report/charts",
];

const tests = "\\.(test|fixture|program)\\.tsx?$";
const anyOf = (names) => `(${names.join("|")})`;
const nodeOnly = [
  `^(node:)?${anyOf(builtinModules.filter((name) => !name.startsWith("_")))}$`,
  "node_modules/(koffi|sharp|onnxruntime-node)/",
  "^(koffi|sharp|onnxruntime-node)$",
];

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    {
      name: "no-circles",
      comment: "Move what both sides need into a file that both import; types count too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...layers.map((layer, level) => ({
      name: `layer-${layer}`,
      comment: `src/${layer} imports only from its own folder and from lower layers.`,
      severity: "error",
      from: { path: `^src/${layer}/`, pathNot: tests },
      to: {
        path: "^(src|inspector|bench|test)/",
        pathNot: `^src/${anyOf(layers.slice(0, level + 1))}/`,
      },
    })),
    {
      name: "known-layer",
      comment: "Add the folder to the layers in .dependency-cruiser.js.",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: [tests, `^src/${anyOf(layers)}/`] },
      to: {},
    },
    {
      name: "browser-safe",
      comment: "Browsers load this file; neither Node's modules nor native packages exist there.",
      severity: "error",
      from: {
        path: [`^src/${anyOf(browserFolders)}/`, "^src/browser\\.ts$", "^inspector/src/"],
        pathNot: tests,
      },
      to: { path: nodeOnly, reachable: true },
    },
    {
      name: "inspector-entries",
      comment: "The inspector imports the package by its entries, as other packages do.",
      severity: "error",
      from: { path: "^inspector/src/", pathNot: tests },
      to: { path: "^src/", pathNot: "^src/([^/]+/index|browser|report/browser)\\.ts$" },
    },
    {
      name: "no-unresolved",
      comment: "The file or package does not exist; Vite provides the modules named `virtual:`.",
      severity: "error",
      from: { path: "^(src|inspector)/" },
      to: { couldNotResolve: true, pathNot: "^virtual:" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};

export default config;
