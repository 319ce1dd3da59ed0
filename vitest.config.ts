import { defineConfig, type ViteUserConfig } from "vitest/config";
import { packageAlias } from "./inspector/aliases.ts";

const resolve = { alias: [...packageAlias] };
const shared = { pool: "forks", testTimeout: 30_000, hookTimeout: 60_000 } as const;

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: "unit",
          include: ["{src,inspector}/**/*.test.ts", "test/unit/**/*.test.ts"],
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: "data",
          include: ["test/data/**/*.test.ts"],
          testTimeout: 600_000,
        },
      },
      {
        resolve,
        test: { ...shared, name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
export default config;
