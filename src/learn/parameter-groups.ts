/** Parameter groups: which parameters train, at which steps, and with which settings. */
import { usageError } from "../graph/errors.ts";
import type { ParameterSpec } from "../nn/scope.ts";
import type { StepSettings } from "../optim/optimizer.ts";
import type { Lora } from "./lora/lora.ts";
import { matchesPattern } from "./name-pattern.ts";
import type { ParameterRule } from "./parameter-rule.ts";

/** Default groups: weights with and without decay. */
export const GROUPS = { decay: "decay", noDecay: "no_decay" } as const;

export interface ParameterGroups {
  /** The arena's group of a parameter. */
  group(spec: ParameterSpec): string;
  /** Whether a parameter trains at any step. */
  trains(spec: Pick<ParameterSpec, "name">): boolean;
  /** The adapters of linear layers; absent if layers train as a whole. */
  readonly lora?: Lora | undefined;
  /**
   * Settings of each group at a step counted from 0; undefined if the group is frozen at that step.
   * A group counts its own steps from its first update, or from the update at which moments are
   * reset: Adam's bias correction needs that.
   */
  settings(base: BaseSettings): (group: string) => StepSettings | undefined;
}

/** Settings of a step before rules and decay of a group change them. */
export interface BaseSettings extends Omit<StepSettings, "resetMoments"> {
  /** The step at which moments are set to zero. Default none. */
  readonly resetMomentsAt?: number | undefined;
}

/**
 * Groups of parameters by their decay and by the first rule whose pattern matches their name: `decay`
 * and `no_decay`, and `decay/<rule>` and `no_decay/<rule>` of the parameters that match a rule. With `lora`,
 * only adapters train, and the parameters that it trains as a whole.
 *
 * @example
 * const groups = parameterGroups([{ parameters: "head.*", learningRateFactor: 0.5 }]);
 * const settings = groups.settings({ step: 0, learningRate: 0.1, weightDecay: 0.01 });
 * settings("decay").weightDecay; // 0.01
 * settings("no_decay").weightDecay; // 0
 * settings("decay/0").learningRate; // 0.05
 */
export function parameterGroups(
  rules: readonly ParameterRule[] = [],
  lora?: Lora,
): ParameterGroups {
  const ruleOf = (name: string): number =>
    rules.findIndex((rule) => patternsOf(rule).some((pattern) => matchesPattern(pattern, name)));
  const trains = ({ name }: Pick<ParameterSpec, "name">): boolean =>
    rules[ruleOf(name)]?.frozen !== true && lora?.trains(name) !== false;
  return {
    lora,
    trains,
    group({ name, decay }) {
      const rule = ruleOf(name);
      const kind = (rules[rule]?.decay ?? decay) ? GROUPS.decay : GROUPS.noDecay;
      return rule < 0 ? kind : `${kind}/${rule}`;
    },
    settings:
      ({ resetMomentsAt: reset, ...base }) =>
      (group) => {
        const [kind, index] = group.split("/");
        const rule = index === undefined ? undefined : rules[Number(index)];
        if (rule !== undefined && isFrozen(rule, base.step)) return undefined;
        const begun = reset !== undefined && base.step >= reset ? reset : 0;
        return {
          ...base,
          ...(base.step === reset && { resetMoments: true }),
          step: base.step - Math.max(begun, restBefore(rule)),
          learningRate: base.learningRate * (rule?.learningRateFactor ?? 1),
          weightDecay: kind === GROUPS.decay ? (rule?.weightDecay ?? base.weightDecay ?? 0) : 0,
        };
      },
  };
}

/**
 * Checks that each pattern of the rules matches a parameter.
 *
 * @param at name of the rules in the error
 * @throws UserError if a pattern matches no parameter
 */
export function checkRules(
  rules: readonly ParameterRule[],
  names: readonly string[],
  at = "optimizer.rules",
): void {
  for (const pattern of rules.flatMap(patternsOf)) {
    if (names.some((name) => matchesPattern(pattern, name))) continue;
    throw usageError(
      `${at}: no parameter is called ${pattern}; names are like ${names.slice(0, 3).join(", ")}`,
    );
  }
}

function patternsOf({ parameters }: ParameterRule): readonly string[] {
  return typeof parameters === "string" ? [parameters] : parameters;
}

/** Steps during which a rule keeps parameters frozen at the start. */
function restBefore(rule: ParameterRule | undefined): number {
  const frozen = rule?.frozen;
  return typeof frozen === "object" && "untilStep" in frozen ? frozen.untilStep : 0;
}

function isFrozen({ frozen = false }: ParameterRule, step: number): boolean {
  if (typeof frozen === "boolean") return frozen;
  return "untilStep" in frozen ? step < frozen.untilStep : step >= frozen.fromStep;
}
