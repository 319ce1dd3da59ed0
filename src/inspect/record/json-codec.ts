/**
 * Codecs of plain data: one description of a value both encodes it as JSON and validates JSON
 * input.
 *
 * Input may be untrusted, so every list, string and image has a maximum size. JSON keys are
 * snake_case; unknown keys are ignored.
 */
import { snakeCase } from "../../config/case.ts";
import { decodeBase64, encodeBase64 } from "../../formats/base64.ts";

export interface Codec<T> {
  /** JSON key, if it differs from the property's name in snake_case. */
  readonly key?: string;
  encode(value: T): unknown;
  /**
   * @param at path of the value, for errors
   * @throws RangeError for invalid JSON, with its path
   */
  decode(json: unknown, at: string): T;
}

/** A codec of an optional property. */
export interface OptionalCodec<T> extends Codec<T> {
  readonly optional: true;
}

type Fields<T> = {
  readonly [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K>
    ? OptionalCodec<Exclude<T[K], undefined>>
    : Codec<T[K]>;
};

export function optional<T>(codec: Codec<T>): OptionalCodec<T> {
  return { ...codec, optional: true };
}

/** A property whose JSON key differs from its name. */
export function storedAs<T, C extends Codec<T>>(key: string, codec: C & Codec<T>): C {
  return { ...codec, key };
}

/** A codec of values whose stored form differs. */
export function mapped<T, Stored>(
  codec: Codec<Stored>,
  write: (value: T) => Stored,
  read: (stored: Stored) => T,
): Codec<T> {
  return {
    encode: (value) => codec.encode(write(value)),
    decode: (json, at) => read(codec.decode(json, at)),
  };
}

/** An object with these properties. */
export function struct<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = Object.entries<Codec<unknown>>(fields as never).map(([name, codec]) => ({
    name,
    codec,
    key: codec.key ?? snakeCase(name),
  }));
  return {
    encode(value) {
      const given = entries.filter(({ name }) => value[name as keyof T] !== undefined);
      return Object.fromEntries(
        given.map(({ name, key, codec }) => [key, codec.encode(value[name as keyof T])]),
      );
    },
    decode(json, at) {
      if (typeof json !== "object" || json === null || Array.isArray(json)) {
        throw wrong(at, json, "an object");
      }
      const source = json as Readonly<Record<string, unknown>>;
      const found: Record<string, unknown> = {};
      for (const { name, key, codec } of entries) {
        if ("optional" in codec && !Object.hasOwn(source, key)) continue;
        found[name] = codec.decode(source[key], `${at}.${key}`);
      }
      return found as T;
    },
  };
}

/** A codec with an additional check; `problem` completes the sentence "<path> ...". */
export function checked<T>(codec: Codec<T>, problem: (value: T) => string | undefined): Codec<T> {
  return {
    encode: codec.encode,
    decode(json, at) {
      const value = codec.decode(json, at);
      const found = problem(value);
      if (found !== undefined) throw new RangeError(`${at} ${found}`);
      return value;
    },
  };
}

/** A list with at most `most` values. */
export function list<T>(item: Codec<T>, most: number): Codec<readonly T[]> {
  return {
    encode: (values) => Array.from(values, (value) => item.encode(value)),
    decode: (json, at) =>
      requireList(json, at, most).map((value, i) => item.decode(value, `${at}[${i}]`)),
  };
}

/** An object with arbitrary keys, at most `most` of them. */
export function table<T>(item: Codec<T>, most: number): Codec<Readonly<Record<string, T>>> {
  return {
    encode: (values) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, item.encode(value)])),
    decode(json, at) {
      if (typeof json !== "object" || json === null || Array.isArray(json)) {
        throw wrong(at, json, "an object");
      }
      const entries = Object.entries(json);
      if (entries.length > most) throw tooMany(at, entries.length, most);
      return Object.fromEntries(entries.map(([name, value]) => [name, item.decode(value, at)]));
    },
  };
}

/** A list of exactly two values. */
export function pair<T>(item: Codec<T>): Codec<readonly [T, T]> {
  const both = list(item, 2);
  return {
    encode: both.encode,
    decode(json, at) {
      const values = both.decode(json, at);
      if (values.length !== 2) throw wrong(at, json, "a list of two");
      return [values[0]!, values[1]!];
    },
  };
}

/** A number; NaN and infinities are null in JSON, which is read as NaN. */
export const number: Codec<number> = {
  encode: (value) => (Number.isFinite(value) ? value : null),
  decode(json, at) {
    if (json === null) return Number.NaN;
    if (typeof json !== "number") throw wrong(at, json, "a number");
    return json;
  },
};

/** An integer from `least` to `most`. */
export function whole(least: number, most: number): Codec<number> {
  return {
    encode: (value) => value,
    decode(json, at) {
      if (typeof json === "number" && Number.isInteger(json) && json >= least && json <= most) {
        return json;
      }
      throw wrong(at, json, `a whole number from ${least} to ${most}`);
    },
  };
}

/** A list of at most `most` numbers. */
export function numbers(most: number): Codec<readonly number[]> {
  return list(number, most);
}

/** A string of at most `most` characters; longer strings are truncated when written. */
export function text(most: number): Codec<string> {
  return {
    encode: (value) => value.slice(0, most),
    decode(json, at) {
      if (typeof json !== "string") throw wrong(at, json, "a string");
      if (json.length > most) {
        throw new RangeError(`${at} has ${json.length} characters; the limit is ${most}`);
      }
      return json;
    },
  };
}

export const flag: Codec<boolean> = {
  encode: (value) => value,
  decode(json, at) {
    if (typeof json !== "boolean") throw wrong(at, json, "true or false");
    return json;
  },
};

/** At most `most` bytes, as base64. */
export function bytes(most: number): Codec<Uint8Array> {
  return {
    encode: encodeBase64,
    decode(json, at) {
      if (typeof json !== "string") throw wrong(at, json, "base64");
      if (json.length > Math.ceil(most / 3) * 4) {
        throw new RangeError(`${at} is longer than ${most} bytes`);
      }
      try {
        return decodeBase64(json);
      } catch {
        throw wrong(at, json, "base64");
      }
    },
  };
}

/** At most `most` numbers from 0 to 1, rounded to thousandths, as two bytes each. */
export function thousandths(most: number): Codec<Float32Array> {
  const pairs = bytes(2 * most);
  return {
    encode(values) {
      const packed = new Uint8Array(2 * values.length);
      const view = new DataView(packed.buffer);
      for (const [i, value] of values.entries()) {
        const part = Number.isFinite(value) ? Math.round(1000 * value) : 0;
        view.setUint16(2 * i, Math.min(1000, Math.max(0, part)), true);
      }
      return pairs.encode(packed);
    },
    decode(json, at) {
      const packed = pairs.decode(json, at);
      if (packed.length % 2 !== 0) throw wrong(at, json, "two bytes for each number");
      const view = new DataView(packed.buffer, packed.byteOffset);
      return Float32Array.from({ length: packed.length / 2 }, (_, i) => {
        return Math.min(1000, view.getUint16(2 * i, true)) / 1000;
      });
    },
  };
}

/** Any JSON with at most `depth` levels of nesting, which limits recursion. */
export function anything(depth: number): Codec<unknown> {
  return {
    encode: (value) => value,
    decode(json, at) {
      requireFlat(json, at, depth);
      return json;
    },
  };
}

function requireFlat(json: unknown, at: string, depth: number): void {
  if (typeof json !== "object" || json === null) return;
  if (depth === 0) throw new RangeError(`${at} is nested too deep`);
  for (const value of Object.values(json)) requireFlat(value, at, depth - 1);
}

function requireList(json: unknown, at: string, most: number): readonly unknown[] {
  if (!Array.isArray(json)) throw wrong(at, json, "a list");
  if (json.length > most) throw tooMany(at, json.length, most);
  return json;
}

function tooMany(at: string, count: number, most: number): RangeError {
  return new RangeError(`${at} has ${count} entries; the limit is ${most}`);
}

function wrong(at: string, json: unknown, wanted: string): RangeError {
  return new RangeError(`${at} is ${shown(json)}; it must be ${wanted}`);
}

function shown(json: unknown): string {
  if (json === undefined) return "absent";
  if (Array.isArray(json)) return "a list";
  if (typeof json === "object" && json !== null) return "an object";
  return typeof json === "string" ? JSON.stringify(json.slice(0, 40)) : String(json);
}
