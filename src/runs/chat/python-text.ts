/** Values of templates as Python writes them. */
import type { Value } from "./jinja.ts";

/** `str(value)` in Python. */
export function pythonText(value: Value): string {
  if (value.type === "StringValue") return value.value as string;
  return value.type === "UndefinedValue" ? "" : representation(value);
}

/** `repr(value)` in Python. */
function representation(value: Value): string {
  switch (value.type) {
    case "StringValue":
      return quoted(value.value as string);
    case "BooleanValue":
      return value.value ? "True" : "False";
    case "NullValue":
      return "None";
    case "FloatValue":
      return float(value.value as number);
    case "TupleValue":
    case "ArrayValue": {
      const entries = (value.value as readonly Value[]).map(representation);
      if (value.type === "ArrayValue") return `[${entries.join(", ")}]`;
      return entries.length === 1 ? `(${entries[0]},)` : `(${entries.join(", ")})`;
    }
    case "ObjectValue": {
      const entries = [...(value.value as ReadonlyMap<string, Value>)];
      return `{${entries.map(([name, own]) => `${quoted(name)}: ${representation(own)}`).join(", ")}}`;
    }
    default:
      return String(value);
  }
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}

function float(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}
