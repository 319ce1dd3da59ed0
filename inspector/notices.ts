/**
 * Collects the licences of bundled packages. Vite's own option `build.license` leaves out what only the
 * worker bundles.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FILE_NAME = "THIRD-PARTY-LICENSES.md";

/** Licence texts of packages that ship none. */
const missingTexts: Readonly<Record<string, string>> = {
  "@bufbuild/protobuf": "protobuf.txt",
  "onnx-buf": "onnx-buf.txt",
  "onnxruntime-web": "onnxruntime.txt",
  "onnxruntime-common": "onnxruntime.txt",
};

/** One plugin for `worker.plugins`, which collects, and one for `plugins`, which writes the file too. */
export function thirdPartyNotices(): { collect: Plugin; write: Plugin } {
  const notices = new Map<string, string>();
  const collectFrom: Plugin["generateBundle"] = (_, bundle) => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === "asset") continue;
      for (const id of chunk.moduleIds) {
        const folder = packageFolder(id);
        if (folder !== undefined && !notices.has(folder)) notices.set(folder, notice(folder));
      }
    }
  };
  return {
    collect: { name: "collect-notices", generateBundle: collectFrom },
    write: {
      name: "write-notices",
      generateBundle(options, bundle, isWrite) {
        (collectFrom as (...args: unknown[]) => void).call(this, options, bundle, isWrite);
        const parts = [...notices.values()].sort();
        const source = `# Licences of packages in this page\n\n${parts.join("\n")}`;
        this.emitFile({ type: "asset", fileName: FILE_NAME, source });
      },
    },
  };
}

/** The folder of the package that holds a module; undefined for modules of this project. */
function packageFolder(id: string): string | undefined {
  if (id.startsWith("\0")) return undefined;
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function notice(folder: string): string {
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const { name, version, license } = JSON.parse(manifest) as Manifest;
  const own = readdirSync(folder).find((file) => /^licen[cs]e(\.|$)/i.test(file));
  const other = missingTexts[name];
  const path = own ? join(folder, own) : other && join(import.meta.dirname, "licenses", other);
  if (!path) throw new Error(`${folder} has no licence file; add its text to inspector/licenses`);
  return `## ${name} ${version} (${license})\n\n${readFileSync(path, "utf8").trim()}\n`;
}
