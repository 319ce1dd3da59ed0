import type { ImageShape } from "../../dataset.ts";

/** A picture in memory. */
export interface DecodedImage extends ImageShape {
  /** Bytes by row, column, channel. */
  readonly data: Uint8Array;
  /** A doubt about the values, which fits all pictures of the same kind. */
  readonly doubt?: string;
}

/** A picture that cannot be decoded; the message has the reason but not the name of the picture. */
export class BrokenImageError extends Error {
  override readonly name: string = "BrokenImageError";
  /** The message without details that differ from one picture to the next. */
  readonly reason: string;

  constructor(
    message: string,
    options: { readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason ?? message;
  }
}
