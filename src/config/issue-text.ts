import type * as z from "zod";

/** Most characters of a message. */
const LONGEST = 300;

/** The message of a schema issue, without the words of the language for a missing value. */
export function issueText({ message }: z.core.$ZodIssue): string {
  return message.slice(0, LONGEST).replace(/, received undefined$/, ", but it is missing");
}
