/** The definition of a family of checkpoints: how its `config.json` and names map to a system. */
import * as z from "zod";
import { checkDefinition, fields } from "../config/definition.ts";
import { ofKind } from "../config/registry.ts";
import type { DecoderInput } from "./decoder-settings.ts";
import { type HubConfig, hubConfigSchema } from "./hub-config.ts";
import type { NameRule } from "./names.ts";

/** A family of checkpoints on the Hugging Face hub. */
export interface FamilyDefinition {
  /** `model_type` of its config.json. */
  readonly name: string;
  readonly title: string;
  /** Publication or public code. */
  readonly paper: string;
  /** How a token's experts are chosen, in one sentence; absent for dense families. */
  readonly routing?: string;
  /** The keys of config.json that it reads. */
  readonly schema: z.ZodType<HubConfig>;
  /**
   * Settings of the system that computes it.
   *
   * @throws UserError (exit code 2) for values that it does not compute exactly
   */
  settings(config: HubConfig): DecoderInput;
  /** Where each parameter lies. */
  readonly names: readonly NameRule[];
}

const form = {
  name: fields.text,
  title: fields.text,
  paper: fields.text,
  keys: fields.mapping,
  settings: fields.function,
  names: z.array(z.looseObject({})),
};

/**
 * Defines a family of decoders.
 *
 * @param definition `keys` are those of its config.json beside the common ones
 */
export function defineFamily<const Shape extends z.ZodRawShape>(
  definition: Omit<FamilyDefinition, "schema" | "settings"> & {
    readonly keys: Shape;
    settings(config: HubConfig & z.output<z.ZodObject<Shape>>): DecoderInput;
  },
): FamilyDefinition {
  checkDefinition("defineFamily", form, definition);
  const { keys, settings, ...facts } = definition;
  const schema = hubConfigSchema.extend({ model_type: z.literal(facts.name), ...keys });
  return ofKind("family", {
    ...facts,
    schema: schema as unknown as z.ZodType<HubConfig>,
    settings: settings as FamilyDefinition["settings"],
  });
}
