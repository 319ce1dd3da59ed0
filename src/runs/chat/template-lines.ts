/** Lines of the tags of a Jinja template, which its syntax tree does not keep. */

/** A tag `{% ... %}` or `{{ ... }}`. */
export interface TemplateTag {
  readonly text: string;
  /** Line of its beginning, from 1. */
  readonly line: number;
}

/** Tags that the library removes before it reads a template, and comments. */
const SKIPPED = /\{%-?\s*(?:end)?generation\s*-?%\}|\{#[\s\S]*?#\}/y;
/** Parts of a tag: strings, brackets and the ends of tags. */
const PART = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|-?%\}|-?\}\}|[{}]/gs;

/** The tags of a template in order, without comments and `{% generation %}`. */
export function templateTags(source: string): TemplateTag[] {
  const tags: TemplateTag[] = [];
  let [line, counted] = [1, 0];
  for (let at = source.indexOf("{"); at >= 0; at = source.indexOf("{", at)) {
    SKIPPED.lastIndex = at;
    const skipped = SKIPPED.exec(source);
    if (skipped !== null) {
      at += skipped[0].length;
      continue;
    }
    if (source[at + 1] !== "%" && source[at + 1] !== "{") {
      at += 1;
      continue;
    }
    for (; counted < at; counted++) if (source[counted] === "\n") line += 1;
    const end = endOfTag(source, at + 2);
    tags.push({ text: source.slice(at, end), line });
    at = end;
  }
  return tags;
}

/** The place after a tag, or the end of the source. */
function endOfTag(source: string, start: number): number {
  PART.lastIndex = start;
  let depth = 0;
  for (let part = PART.exec(source); part !== null; part = PART.exec(source)) {
    const [text] = part;
    if (text.endsWith("%}")) return PART.lastIndex;
    if (text.endsWith("}}")) {
      if (depth === 0) return PART.lastIndex;
      // Two brackets of mappings; the second may belong to the end of the tag.
      depth -= 1;
      PART.lastIndex -= 1;
    } else if (text === "{") depth += 1;
    else if (text === "}") depth -= 1;
  }
  return source.length;
}
