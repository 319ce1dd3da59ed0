/** Eager PyTorch on the CPU, in a virtual environment of its own. */

import { existsSync, mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Peer, runCommand, startChild } from "./peer.ts";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const environment = local("../.venv");
const python = `${environment}/bin/python`;
const complete = `${environment}/installed`;
const override = local("../.cache/mkl-avx512.so");

/** PyTorch as the package index ships it. */
export const pytorch: Peer = {
  name: "pytorch",
  dense: false,
  unsupported: () => undefined,
  installed: () => existsSync(complete),
  install,
  start: () => startChild("pytorch", python, [local("pytorch/serve.py")]),
};

/**
 * PyTorch with MKL made to use AVX-512 on a processor that is not Intel's.
 *
 * The packaged build multiplies matrices with MKL, which keeps other makers' processors on its
 * AVX2 kernels: half the speed there. `mkl-avx512.c` answers MKL's question about the maker.
 */
export const pytorchAvx512: Peer = {
  name: "pytorch-avx512",
  dense: false,
  unsupported() {
    if (process.platform !== "linux") return "the override needs Linux";
    if (/intel/i.test(cpus()[0]?.model ?? "")) return "MKL already uses AVX-512 here";
    return undefined;
  },
  installed: () => existsSync(complete) && existsSync(override),
  async install(log) {
    if (!pytorch.installed()) await install(log);
    log("compiling the MKL override");
    mkdirSync(local("../.cache"), { recursive: true });
    await runCommand("cc", ["-shared", "-fPIC", "-o", override, local("pytorch/mkl-avx512.c")]);
  },
  start: () =>
    startChild("pytorch-avx512", python, [local("pytorch/serve.py")], { LD_PRELOAD: override }),
};

async function install(log: (line: string) => void): Promise<void> {
  log("making a virtual environment in bench/.venv");
  await runCommand("python3", ["-m", "venv", environment]);
  log("installing torch (several gigabytes on Linux)");
  await runCommand(python, ["-m", "pip", "install", "torch", "numpy", "safetensors"]);
  await runCommand(python, ["-c", `import torch; open(${JSON.stringify(complete)}, "w").close()`]);
}
