/**
 * Adds to package-lock.json the binary packages of other platforms that a registry mirror did not
 * serve when the file was written; without them `npm ci` refuses it. Run after a dependency changes.
 *
 *   node scripts/complete-lock.js
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openharmony", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "x64"];

/** The operating system, processor and libc that `@scope/name-<os>-<cpu>[-<libc>]` names. */
function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const os = words.find((word) => systems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  if (os === undefined || cpu === undefined)
    throw new Error(`cannot determine the platform of ${name}`);
  return { cpu: [cpu], ...(os === "linux" && { libc: [libc] }), os: [os] };
}

for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const places = [`${path}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => place in lock.packages)) continue;
    const { cpu, ...rest } = platformOf(name);
    const entry = { version, cpu, ...(dev && { dev }), optional: true, ...rest };
    lock.packages[`node_modules/${name}`] = entry;
    console.log(`added ${name} ${version}`);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
