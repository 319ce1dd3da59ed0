/** Eager PyTorch on the CPU, in its own virtual environment. */

import { existsSync, mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { type Peer, runCommand, startChild } from "./peer.ts";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const environment = local("../.venv");
const python = `${environment}/bin/python`;
const complete = `${environment}/installed`;
const override = local("../.cache/mkl-avx512.so");

/** PyTorch as distributed by the package index. */
export const pytorch: Peer = {
  name: "pytorch",
  dense: false,
  unsupported: () => undefined,
  installed: () => existsSync(complete),
  install,
  start: () => startChild("pytorch", python, [local("pytorch/serve.py")]),
};

/**
 * PyTorch with MKL forced to use AVX-512 on processors of other makers than Intel.
 *
 * The packaged build multiplies matrices with MKL, which uses AVX2 kernels on processors of other makers
 * at half the speed. `mkl-avx512.c` overrides MKL's check of the maker.
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
