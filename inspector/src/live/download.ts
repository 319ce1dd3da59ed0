import { UserError } from "moesaic/graph";

export interface DownloadOptions {
  /** A longer file is refused. */
  readonly maxBytes: number;
  /** Told of the bytes so far, and of the length where the server says it. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
}

/**
 * The content of a file.
 *
 * @throws UserError naming the file, where it is missing, too large or cut short
 */
export async function download(
  url: string,
  { maxBytes, onProgress }: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = new URL(url).pathname.split("/").at(-1)!;
  const response = await fetch(url).catch((cause: unknown) => {
    throw new UserError(`${name} cannot be fetched; is the server still there?`, { cause });
  });
  if (!response.ok || response.body === null) {
    throw new UserError(`${name} cannot be fetched: the server answers ${response.status}`);
  }
  const refuseSize = (): never => {
    throw new UserError(`${name} has more than ${maxBytes} bytes, which no page should load`);
  };
  const length = plainLength(response.headers);
  if (length !== undefined && length > maxBytes) refuseSize();
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  onProgress?.(0, length);
  // One piece of memory where the length is known: a large model is not held twice.
  const whole = length === undefined ? undefined : new Uint8Array(length);
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const { value } = part;
    if (loaded + value.length > (length ?? maxBytes)) refuseSize();
    if (whole === undefined) chunks.push(value);
    else whole.set(value, loaded);
    loaded += value.length;
    onProgress?.(loaded, length);
  }
  if (length !== undefined && loaded < length) {
    throw new UserError(`${name} ended after ${loaded} of ${length} bytes; open it again`);
  }
  return whole ?? join(chunks, loaded);
}

/** The length of the content; a compressed answer says only how long that is. */
function plainLength(headers: Headers): number | undefined {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
  return isPlain && Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
