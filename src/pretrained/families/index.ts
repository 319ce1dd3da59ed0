/** The families of checkpoints; each is a file, and a line here. */
import { createRegistry } from "../../config/registry.ts";
import type { FamilyDefinition } from "../define-family.ts";
import { bert } from "./bert.ts";
import { clip, siglip } from "./clip.ts";
import { deepseekV3 } from "./deepseek.ts";
import { llama, qwen3 } from "./dense.ts";
import { gptOss } from "./gpt-oss.ts";
import { graniteMoe } from "./granite.ts";
import { mixtral } from "./mixtral.ts";
import { olmoe } from "./olmoe.ts";
import { openClip } from "./open-clip.ts";
import { qwen2Moe, qwen3Moe } from "./qwen-moe.ts";
import { deit, dinov2, vit } from "./vit.ts";

/**
 * Every family, by `model_type`.
 *
 * @example
 * families.get("mixtral").paper // "arXiv:2401.04088"
 */
export const families = createRegistry<FamilyDefinition>(
  "family",
  [
    llama,
    qwen3,
    mixtral,
    olmoe,
    qwen2Moe,
    qwen3Moe,
    graniteMoe,
    gptOss,
    deepseekV3,
    bert,
    vit,
    deit,
    dinov2,
    clip,
    siglip,
    openClip,
  ],
  "model_type",
);
