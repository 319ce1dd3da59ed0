/** Recognises weight files of other formats, and says how to convert them. */

import { open } from "node:fs/promises";

/** How a program in Python turns PyTorch's formats into safetensors. */
const fromPyTorch =
  "convert it in Python: safetensors.torch.save_file(torch.load(path, weights_only=True), 'model.safetensors')";

interface ForeignFormat {
  readonly matches: (head: Buffer, path: string) => boolean;
  /** Completes "the file is". */
  readonly description: string;
}

const startsWith =
  (...magic: (string | readonly number[])[]) =>
  (head: Buffer): boolean =>
    magic.some((one) => {
      const bytes = typeof one === "string" ? Buffer.from(one, "latin1") : Buffer.from(one);
      return head.subarray(0, bytes.length).equals(bytes);
    });

const isZip = startsWith("PK\x03\x04");

const formats: readonly ForeignFormat[] = [
  {
    matches: startsWith("version https://git-lfs"),
    description:
      "a Git LFS pointer, not the weights themselves; run git lfs pull in the folder, or download the file again",
  },
  {
    matches: startsWith("GGUF"),
    description:
      "a GGUF file, whose weights are usually quantised; take the safetensors files of the model that it was made from",
  },
  {
    // The first file within the archive has its name at byte 30.
    matches: (head) => isZip(head) && /\.npy/.test(head.toString("latin1", 30, 30 + 200)),
    description:
      "a NumPy archive (.npz); convert it in Python: safetensors.numpy.save_file(dict(numpy.load(path)), 'model.safetensors')",
  },
  { matches: isZip, description: `a PyTorch file; ${fromPyTorch}` },
  {
    matches: (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
    description: `a Python pickle, as PyTorch writes; ${fromPyTorch}`,
  },
  {
    matches: startsWith([0x89, 0x48, 0x44, 0x46]),
    description: "an HDF5 file, as Keras writes; export the weights as safetensors",
  },
  {
    matches: startsWith("\x93NUMPY"),
    description: "a single NumPy array; save all tensors in one safetensors file",
  },
  {
    matches: (_, path) => /\.(msgpack|ckpt|onnx|pb|tflite)$/i.test(path),
    description: "no safetensors file by its name; export the weights as safetensors",
  },
];

/** What a weight file is, if it is not a safetensors file, with the way to convert it. */
export async function foreignFormat(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    const head = buffer.subarray(0, bytesRead);
    return formats.find(({ matches }) => matches(head, path))?.description;
  } finally {
    await file.close();
  }
}
