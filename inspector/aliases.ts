/** Import aliases of the page. */
import { fileURLToPath } from "node:url";

const source = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));

/** Entries of this package resolve to its sources, as in `paths` of `tsconfig.json`. */
export const packageAlias = [
  { find: /^moesaic\/((?:report\/)?browser)$/, replacement: source("$1.ts") },
  { find: /^moesaic\/([a-z]+)$/, replacement: source("$1/index.ts") },
] as const;
