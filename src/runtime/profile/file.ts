/** Reads the profile of a session from its file. */
import { readFile, stat } from "node:fs/promises";
import { UserError } from "../../graph/errors.ts";
import { type Profile, parseProfile } from "./profile.ts";

/** Maximum length of a JavaScript string, bytes; about 400 steps of a model with 1,300 nodes. */
const MAX_BYTES = 400 * 2 ** 20;

/**
 * Reads the profile file returned by `Session.endProfiling`.
 *
 * @throws UserError if the file is too large or not a profile
 */
export async function readProfile(
  path: string,
  options: { readonly warmUp?: number; readonly maxBytes?: number } = {},
): Promise<Profile> {
  const { maxBytes = MAX_BYTES } = options;
  const { size } = await stat(path);
  if (size > maxBytes) {
    throw new UserError(
      `the profile ${path} has ${size} bytes, more than the limit of ${maxBytes}; profile fewer steps`,
    );
  }
  try {
    return parseProfile(await readFile(path, "utf8"), options);
  } catch (cause) {
    throw new UserError(
      `${path} is not a profile of ONNX Runtime: ${(cause as Error).message}; end the profile before it is read`,
      { cause },
    );
  }
}
