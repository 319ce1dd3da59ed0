/** Writes a random Qwen3-MoE as on the hub, in shards, holding one tensor at a time. */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface CheckpointSizes {
  readonly dtype: "F32" | "BF16";
  readonly layers: number;
  readonly width: number;
  readonly experts: number;
  /** Hidden width of an expert. */
  readonly hidden: number;
  readonly vocabulary: number;
  /** Bytes of a shard, at least; a shard ends with a whole tensor. */
  readonly shardBytes: number;
}

interface TensorPlan {
  readonly name: string;
  readonly shape: readonly number[];
}

const HEAD_WIDTH = 64;
const SELECTED = 4;
/** Bytes that are written at once. */
const CHUNK = 2 ** 22;
const bytesOf = { F32: 4, BF16: 2 } as const;
const tokenizer = new URL(
  "../../src/pretrained/fixtures/qwen3_moe/tokenizer.json",
  import.meta.url,
);

/** Bytes of the tensors of a layer, and of those outside of layers. */
export function checkpointBytes(sizes: Omit<CheckpointSizes, "layers" | "shardBytes">): {
  readonly layer: number;
  readonly rest: number;
} {
  const total = (layers: number): number =>
    tensorsOf({ ...sizes, layers }).reduce((sum, { shape }) => sum + count(shape), 0);
  const rest = total(0);
  return { layer: (total(1) - rest) * bytesOf[sizes.dtype], rest: rest * bytesOf[sizes.dtype] };
}

/** Writes the files of the checkpoint. @returns bytes of all tensors */
export async function writeCheckpoint(folder: string, sizes: CheckpointSizes): Promise<number> {
  await mkdir(folder, { recursive: true });
  const shards = shardsOf(tensorsOf(sizes), sizes);
  const weightMap: Record<string, string> = {};
  let total = 0;
  for (const [i, tensors] of shards.entries()) {
    const number = (value: number): string => String(value).padStart(5, "0");
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    for (const { name } of tensors) weightMap[name] = file;
    total += await writeShard(join(folder, file), tensors, sizes.dtype);
  }
  const index = { metadata: { total_size: total }, weight_map: weightMap };
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  await writeFile(join(folder, "config.json"), JSON.stringify(configOf(sizes), undefined, 2));
  await copyFile(tokenizer, join(folder, "tokenizer.json"));
  return total;
}

function configOf({ layers, width, experts, hidden, vocabulary, dtype }: CheckpointSizes): object {
  return {
    architectures: ["Qwen3MoeForCausalLM"],
    model_type: "qwen3_moe",
    dtype: dtype === "F32" ? "float32" : "bfloat16",
    hidden_size: width,
    intermediate_size: 4 * width,
    moe_intermediate_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: width / HEAD_WIDTH,
    num_key_value_heads: width / HEAD_WIDTH / 2,
    head_dim: HEAD_WIDTH,
    vocab_size: vocabulary,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    num_experts: experts,
    num_experts_per_tok: SELECTED,
    norm_topk_prob: true,
    tie_word_embeddings: false,
  };
}

function tensorsOf({
  layers,
  width,
  experts,
  hidden,
  vocabulary,
}: Omit<CheckpointSizes, "shardBytes">): TensorPlan[] {
  const tensor = (name: string, ...shape: number[]): TensorPlan => ({ name, shape });
  const layerOf = (i: number): TensorPlan[] => {
    const at = `model.layers.${i}`;
    return [
      tensor(`${at}.input_layernorm.weight`, width),
      tensor(`${at}.self_attn.q_proj.weight`, width, width),
      tensor(`${at}.self_attn.k_proj.weight`, width / 2, width),
      tensor(`${at}.self_attn.v_proj.weight`, width / 2, width),
      tensor(`${at}.self_attn.o_proj.weight`, width, width),
      tensor(`${at}.self_attn.q_norm.weight`, HEAD_WIDTH),
      tensor(`${at}.self_attn.k_norm.weight`, HEAD_WIDTH),
      tensor(`${at}.post_attention_layernorm.weight`, width),
      tensor(`${at}.mlp.gate.weight`, experts, width),
      ...Array.from({ length: experts }, (_, e) => [
        tensor(`${at}.mlp.experts.${e}.gate_proj.weight`, hidden, width),
        tensor(`${at}.mlp.experts.${e}.up_proj.weight`, hidden, width),
        tensor(`${at}.mlp.experts.${e}.down_proj.weight`, width, hidden),
      ]).flat(),
    ];
  };
  return [
    tensor("model.embed_tokens.weight", vocabulary, width),
    ...Array.from({ length: layers }, (_, i) => layerOf(i)).flat(),
    tensor("model.norm.weight", width),
    tensor("lm_head.weight", vocabulary, width),
  ];
}

function shardsOf(
  tensors: readonly TensorPlan[],
  { shardBytes, dtype }: Pick<CheckpointSizes, "shardBytes" | "dtype">,
): TensorPlan[][] {
  const shards: TensorPlan[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    if (size >= shardBytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(tensor);
    size += count(tensor.shape) * bytesOf[dtype];
  }
  return shards;
}

async function writeShard(
  path: string,
  tensors: readonly TensorPlan[],
  dtype: CheckpointSizes["dtype"],
): Promise<number> {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += count(shape) * bytesOf[dtype];
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const json = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const file = createWriteStream(path);
  await write(file, size);
  await write(file, header);
  for (const { shape } of tensors) {
    const isNorm = shape.length === 1;
    for (let left = count(shape); left > 0; left -= CHUNK) {
      await write(file, randomBytes(Math.min(CHUNK, left), dtype, isNorm));
    }
  }
  file.end();
  await once(file, "close");
  return end;
}

async function write(file: WriteStream, bytes: Uint8Array): Promise<void> {
  if (!file.write(bytes)) await once(file, "drain");
}

let state = 1;

/** Numbers around 0 with a deviation of 0.03, or around 1 for norms. */
function randomBytes(length: number, dtype: CheckpointSizes["dtype"], isNorm: boolean): Uint8Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[i] = (isNorm ? 1 : 0) + state * (0.05 / 2 ** 31);
  }
  if (dtype === "F32") return new Uint8Array(values.buffer);
  const upper = new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1);
  return new Uint8Array(upper.buffer);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
