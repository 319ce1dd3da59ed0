/** Schemas of values that are not plain data: functions and objects of programs. */
import * as z from "zod";
import { describeGiven } from "../graph/given.ts";

/**
 * A value that `test` accepts.
 *
 * @param words the value in errors, with its article
 */
export function givenSchema(words: string, test: (value: unknown) => boolean): z.ZodType {
  return z.any().check((context) => {
    const { value } = context;
    if (value !== undefined && test(value)) return;
    const message = `${words} is needed, got ${describeGiven(value)}`;
    context.issues.push({ code: "invalid_type", expected: "custom", input: value, message });
  });
}

export const functionSchema: z.ZodType = givenSchema(
  "a function",
  (value) => typeof value === "function",
);

/**
 * An object that has a key.
 *
 * @param words the object in errors, with its article
 */
export function objectWith(words: string, key: string): z.ZodType {
  return givenSchema(words, (value) => typeof value === "object" && value !== null && key in value);
}

export const signalSchema: z.ZodType = objectWith("the signal of an AbortController", "aborted");
