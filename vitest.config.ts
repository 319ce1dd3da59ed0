import { defineConfig, type ViteUserConfig } from "vitest/config";
import { packageAlias } from "./inspector/aliases.ts";

const resolve = { alias: [...packageAlias] };
const shared = { pool: "forks", testTimeout: 30_000, hookTimeout: 60_000 } as const;

/** Unit tests on all processors; Vitest leaves one free by default. The other projects run after them. */
const unit = { ...shared, maxWorkers: "100%", sequence: { groupOrder: 0 } } as const;
const later = { ...shared, sequence: { groupOrder: 1 } } as const;

/** Tests that need a process of their own: they count native handles, add definitions or run commands. */
const alone = [
  "test/unit/**/*.test.ts",
  "src/runtime/**/*.test.ts",
  "src/**/{plug-in,plugins}.test.ts",
  "src/{cli/main,config/registry,live/abilities,models/systems,tasks/system-task}.test.ts",
];

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          ...unit,
          name: "unit",
          include: ["{src,inspector}/**/*.test.ts"],
          setupFiles: ["vitest.setup.ts"],
          exclude: [...alone, "**/node_modules/**"],
          // Files share processes, so that each imports the sources once: a third of the time.
          isolate: false,
        },
      },
      { resolve, test: { ...unit, name: "unit-alone", include: alone } },
      {
        resolve,
        test: {
          ...later,
          name: "data",
          include: ["test/data/**/*.test.ts"],
          testTimeout: 600_000,
        },
      },
      {
        resolve,
        test: { ...later, name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
export default config;
