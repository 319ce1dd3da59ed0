/** Reads Markdown pages: code blocks, inline code, links and anchors. */

/** A fenced code block. */
export interface CodeBlock {
  /** `yaml`, `sh`, ... */
  readonly language: string;
  readonly text: string;
  /** The last non-empty line of text above it. */
  readonly above: string;
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The code blocks of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(fence)].map((match) => ({
    language: match[1]!,
    text: match[2]!,
    above: page.slice(0, match.index).trimEnd().split("\n").at(-1)!,
  }));
}

/** The page without its code blocks. */
function prose(page: string): string {
  return page.replaceAll(fence, "");
}

/** Inline code, with line breaks replaced by spaces. */
export function inlineCode(page: string): string[] {
  return [...prose(page).matchAll(/`([^`]+)`/g)].map((match) => match[1]!.replaceAll(/\s+/g, " "));
}

/** Targets of links and pictures. */
export function links(page: string): string[] {
  const text = prose(page).replaceAll(/`[^`]*`/g, "");
  const inMarkdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  const inHtml = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
  return [...inMarkdown, ...inHtml];
}

/** Anchors of the headings of a page, as GitHub generates them. */
export function anchors(page: string): Set<string> {
  const found = new Set<string>();
  const counts = new Map<string, number>();
  for (const [, heading] of prose(page).matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    const count = counts.get(plain) ?? 0;
    counts.set(plain, count + 1);
    found.add(count === 0 ? plain : `${plain}-${count}`);
  }
  return found;
}

/** The lines of a shell block, without comments; a trailing backslash joins lines. */
export function shellLines(text: string): string[] {
  const lines = text.replaceAll(/\\\n\s*/g, "").split("\n");
  return lines.map((line) => line.replace(/(^|\s)#.*$/, "").trim()).filter((line) => line !== "");
}

/** The words of a command; quotes group words. */
export function shellWords(line: string): string[] {
  const words = line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

/** The arguments of `moesaic` in a command, or undefined for another program. */
export function moesaicArguments(line: string): string[] | undefined {
  const [first, ...others] = shellWords(line.replace(/^npx /, ""));
  return first === "moesaic" ? others : undefined;
}
