/** The parts of `@huggingface/jinja` that are used here, whose own types need another way of resolving files. */
import * as library from "@huggingface/jinja";

export interface Token {
  readonly value: string;
  readonly type: string;
}

/** A node of the syntax tree; only some keys of some types are named. */
export interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly operator?: { readonly value: string };
  readonly left?: Node;
  readonly right?: Node;
  readonly operand?: Node;
  readonly filter?: Node;
  readonly body?: unknown;
}

/** A value of a template, such as an `IntegerValue`. */
export interface Value {
  readonly type: string;
  readonly value: unknown;
}

/** The variables of a block. */
interface Scope {
  /** Declares a variable and converts its value. */
  set(name: string, value: unknown): Value;
}

interface Evaluator {
  run(program: Node): Value;
  evaluate(node: Node | undefined, scope: Scope): Value;
  evaluateBlock(block: readonly Node[], scope: Scope): Value;
}

interface Library {
  readonly Environment: new () => Scope;
  readonly Interpreter: new (scope: Scope) => Evaluator;
  parse(tokens: readonly Token[]): Node;
  tokenize(
    source: string,
    options?: { readonly lstrip_blocks?: boolean; readonly trim_blocks?: boolean },
  ): Token[];
}

export type { Scope };
export const { Environment, Interpreter, parse, tokenize } = library as unknown as Library;
