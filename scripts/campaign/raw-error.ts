/** Tells sentences for users from errors of the language and of libraries. */

/** Messages that come from the language or a library instead of the project. */
const raw =
  /Cannot read prop|Cannot destructure|is not a function|is not iterable|is not a constructor|Invalid (?:typed )?array|Maximum call stack|heap|out of memory|Invalid string length|out of bounds|must be of type|\bundefined\b|\[object |^Unexpected |Invalid count|\n\s+at /i;

/** What is wrong with an error, if it is not a sentence for users. */
export function faultOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const { message } = error;
  if (isRaw(message)) return message;
  if (message.trim() === "") return "an error without a message";
  return message.length > 2000 ? `a message of ${message.length} characters` : undefined;
}

/** Whether a text is a message of the language or a library instead of the project's. */
export function isRaw(text: string): boolean {
  return raw.test(text);
}
