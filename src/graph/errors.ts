/** An error with a message for users; the command line prints it without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
  /** 2 for usage and configuration, 1 for everything else. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(shorten(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Longer words and messages come from damaged files, and are cut, messages in their middle. */
const LONGEST_WORD = 400;
const LONGEST = 1600;
const LAST = 400;

function shorten(message: string): string {
  if (message.length <= LONGEST_WORD) return message;
  const words = message.replace(/\S{401,}/g, (word) => `${word.slice(0, LONGEST_WORD - 3)}...`);
  if (words.length <= LONGEST) return words;
  return `${words.slice(0, LONGEST - LAST)} ... ${words.slice(-LAST)}`; // the end says what to do
}

/**
 * An error of usage or configuration: the command line exits with code 2.
 *
 * @example
 * if (count < 1) throw usageError(`--top must be at least 1, got ${count}`);
 */
export function usageError(message: string, options: { cause?: unknown } = {}): UserError {
  return new UserError(message, { ...options, exitCode: 2 });
}
