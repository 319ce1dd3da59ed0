import * as z from "zod";
import { usageError } from "../../graph/errors.ts";
import { attentionBias, decoderSettings, mixtureSettings } from "../decoder-settings.ts";
import { defineFamily } from "../define-family.ts";
import { joined, part, type Source } from "../names.ts";
import type { PartStep } from "../steps/parts.ts";
import { expertsFrom, router, trunk } from "./names.ts";

const at = "model.layers.{i}.mlp.experts";
const expert = { kind: "expert" } as const;
const transpose = { kind: "transpose" } as const;

function blocks(name: string, ...steps: readonly PartStep[]): Source {
  return joined("mxfp4", [`${at}.${name}_blocks`, `${at}.${name}_scales`], ...steps);
}

/** `[E, D, 2F]` with alternating columns of gate and up, or MXFP4 blocks of its transpose. */
function gateUp(index: number): Source[] {
  const alternate = { kind: "every", index, of: 2 } as const;
  return [
    part(`${at}.gate_up_proj`, expert, alternate, transpose),
    blocks("gate_up_proj", expert, transpose, alternate, transpose),
  ];
}

const down: Source[] = [part(`${at}.down_proj`, expert, transpose), blocks("down_proj", expert)];

const bias = (index: number): Source[] => [
  part(`${at}.gate_up_proj_bias`, expert, { kind: "every", index, of: 2 }),
];

export const gptOss = defineFamily({
  name: "gpt_oss",
  title: "gpt-oss",
  paper: "arXiv:2508.10925",
  routing: () => "the top K logits, with a bias, and a softmax over them",
  keys: {
    swiglu_limit: z.number().nullish(),
    swiglu_alpha: z.number().nullish(),
  },
  settings: (config) => {
    const { swiglu_limit: limit, swiglu_alpha: slope } = config;
    if ((limit ?? 7) !== 7 || (slope ?? 1.702) !== 1.702) {
      throw usageError(
        `config.json has swiglu_limit ${limit} and swiglu_alpha ${slope}; experts compute 7 and 1.702 only`,
      );
    }
    return {
      ...decoderSettings(config, { ...attentionBias(config, true), sinks: true }),
      moe_layers: "all",
      moe: mixtureSettings(config, {
        normalized: true, // a softmax over K logits, exactly
        router: { bias: true },
        experts: { kind: "clamped", bias: true },
      }),
    };
  },
  names: [
    ...trunk,
    ...router("mlp.router"),
    ...expertsFrom({ gate: gateUp(0), up: gateUp(1), fc2: down }),
    ...expertsFrom(
      { gate: bias(0), up: bias(1), fc2: [part(`${at}.down_proj_bias`, expert)] },
      "bias",
    ),
  ],
});
