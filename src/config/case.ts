/** Keys are snake_case in YAML and JSON, camelCase in code. */

/** `num_experts` to `numExperts`, as a type. */
type Camel<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? Tail extends Capitalize<Tail>
    ? `${Head}_${Camel<Tail>}`
    : `${Head}${Capitalize<Camel<Tail>>}`
  : Key;

/** `numExperts` to `num_experts`, as a type. */
type Snake<Key extends string> = Key extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : Key;

/** A value of the same structure whose keys are snake_case. */
export type SnakeCased<T> = T extends readonly unknown[]
  ? { [Index in keyof T]: SnakeCased<T[Index]> }
  : T extends object
    ? { [Key in keyof T as Key extends string ? Snake<Key> : Key]: SnakeCased<T[Key]> }
    : T;

/** A value of the same structure whose keys are camelCase. */
export type CamelCased<T> = T extends readonly unknown[]
  ? { [Index in keyof T]: CamelCased<T[Index]> }
  : T extends object
    ? { [Key in keyof T as Key extends string ? Camel<Key> : Key]: CamelCased<T[Key]> }
    : T;

/** `num_experts` to `numExperts`; underscores before digits stay, so that the mapping is reversible. */
export function camelCase(key: string): string {
  return key.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `numExperts` to `num_experts`. */
export function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Renames the keys of mappings at any depth from snake_case to camelCase. */
export function fromSnakeCase<T>(value: T): CamelCased<T> {
  return mapKeys(value, camelCase) as CamelCased<T>;
}

/** Renames the keys of mappings at any depth from camelCase to snake_case. */
export function toSnakeCase<T>(value: T): SnakeCased<T> {
  return mapKeys(value, snakeCase) as SnakeCased<T>;
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key), mapKeys(item, rename)]),
  );
}
