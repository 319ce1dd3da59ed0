/** An error with a message for users; the command line prints it without a stack. */
export class UserError extends Error {
  override readonly name: string = "UserError";
  /** 2 for usage and configuration, 1 for everything else. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
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
