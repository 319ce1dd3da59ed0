/** The routing methods, for settings, documentation and tests; plug-ins add theirs to `routers`. */
import type * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { createRegistry, registrySchema } from "../../config/registry.ts";
import { attentive } from "./attentive.ts";
import { base } from "./base.ts";
import { cosine } from "./cosine.ts";
import type { RouterDefinition } from "./define.ts";
import { dense } from "./dense.ts";
import { expertChoice } from "./expert-choice.ts";
import { hash } from "./hash.ts";
import { lossFreeBias } from "./loss-free-bias.ts";
import { noisyTopK } from "./noisy-top-k.ts";
import { secondExpert } from "./second-expert.ts";
import { soft } from "./soft.ts";
import { softmaxTopK } from "./softmax-top-k.ts";
import { switchDefinition } from "./switch.ts";
import { topP } from "./top-p.ts";
import { yuan } from "./yuan.ts";

const builtIn = [
  softmaxTopK,
  switchDefinition,
  noisyTopK,
  secondExpert,
  topP,
  cosine,
  attentive,
  yuan,
  lossFreeBias,
  base,
  hash,
  expertChoice,
  soft,
  dense,
] as const;

type BuiltIn = (typeof builtIn)[number];

/** Name of a built-in routing method. */
export type RouterName = BuiltIn["name"];

/** Settings of a built-in router in the form of recipes: `name` determines the other keys. */
export type RouterInput = z.input<BuiltIn["schema"]>;

/** Settings of a router with all defaults, camelCase. */
export type RouterSettings = CamelCased<z.output<BuiltIn["schema"]>>;

/**
 * Every routing method.
 *
 * @example
 * routers.get("switch").kind // "token-choice"
 * routers.add(myRouter); // recipes can name it from now on
 */
export const routers = createRegistry<RouterDefinition>("router", builtIn);

/**
 * The `router` part of a layer's settings. Types list only the built-in ones; added ones are accepted
 * too.
 */
export const routerSchema: z.ZodType<z.output<BuiltIn["schema"]>, RouterInput> = registrySchema(
  routers,
) as never;
