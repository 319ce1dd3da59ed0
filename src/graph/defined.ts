/** An object without the keys whose value is undefined. */

export type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** Settings as options: a key that was left out is absent, as exact optional properties want it. */
export function defined<T extends object>(settings: T): Defined<T> {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}
