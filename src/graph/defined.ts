/** The same object type without undefined values. */

export type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/**
 * Drops the keys whose value is undefined, as exact optional properties require.
 *
 * @example
 * defined({ a: 1, b: undefined }) // { a: 1 }
 */
export function defined<T extends object>(settings: T): Defined<T> {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}
