#!/usr/bin/env node
// In a clone the sources run as they are; in an installed package the compiled files do.
import { existsSync } from "node:fs";

const source = new URL("../src/cli/main.ts", import.meta.url);
const compiled = new URL("../dist/cli/main.js", import.meta.url);
const inClone = existsSync(source);
if (inClone) (await import("tsx/esm/api")).register();
const { main } = await import((inClone ? source : compiled).href);

process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
const exitCode = await main(process.argv.slice(2));
process.stdout.write("", () => process.exit(exitCode));
