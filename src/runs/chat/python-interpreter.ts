/** Jinja as Python evaluates it, where the library differs: texts of values, and the ends of loops. */
import { Environment, Interpreter, type Node, type Scope, type Value } from "./jinja.ts";
import { pythonText } from "./python-text.ts";

/** Nodes that write texts or nothing, but no values. */
const STATEMENTS = ["Set", "If", "For", "Macro", "CallStatement", "FilterStatement", "Comment"];

/** Ends an iteration; it carries the text that was written before. */
class LoopControl extends Error {
  text = "";
  readonly isBreak: boolean;

  constructor(isBreak: boolean) {
    super(`${isBreak ? "break" : "continue"} is outside of a loop`);
    this.isBreak = isBreak;
  }
}

/** A loop that is evaluated. */
interface Loop {
  readonly body: readonly Node[];
  ended: boolean;
}

/**
 * An interpreter that writes values as Python's `str` does, and that keeps what an iteration wrote before
 * `break` or `continue`.
 */
export class PythonInterpreter extends Interpreter {
  readonly #loops: Loop[] = [];

  override evaluate(node: Node | undefined, scope: Scope): Value {
    const text = (part: Node | undefined): string => pythonText(this.evaluate(part, scope));
    switch (node?.type) {
      case "Break":
      case "Continue":
        throw new LoopControl(node.type === "Break");
      case "BinaryExpression":
        if (node.operator!.value !== "~") break;
        return textValue(text(node.left) + text(node.right));
      case "FilterExpression":
        if (node.filter!.value !== "string") break;
        return textValue(text(node.operand));
      case "For":
        this.#loops.push({ body: node.body as readonly Node[], ended: false });
        try {
          return super.evaluate(node, scope);
        } finally {
          this.#loops.pop();
        }
    }
    return super.evaluate(node, scope);
  }

  /** The text of a block, which is a loop's body once for every iteration. */
  override evaluateBlock(block: readonly Node[], scope: Scope): Value {
    const loop = this.#loops.findLast(({ body }) => body === block);
    if (loop?.ended) return textValue("");
    let text = "";
    try {
      for (const node of block) {
        const value = this.evaluate(node, scope);
        if (!STATEMENTS.includes(node.type)) text += pythonText(value);
        else if (value.type === "StringValue") text += value.value;
      }
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      error.text = text + error.text;
      if (loop === undefined) throw error;
      loop.ended = error.isBreak;
      return textValue(error.text);
    }
    return textValue(text);
  }
}

function textValue(text: string): Value {
  return new Environment().set("text", text);
}
