import { UserError } from "../../graph/errors.ts";

export interface DownloadOptions {
  /** Maximum file size, bytes. */
  readonly maxBytes: number;
  /** Progress callback: bytes loaded, and the total if the server reports it. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
}

/**
 * Downloads a file.
 *
 * @throws UserError with the file's name if it is missing, too large or truncated
 */
export async function download(
  url: string,
  { maxBytes, onProgress }: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const name = new URL(url).pathname.split("/").at(-1)!;
  const response = await fetch(url).catch((cause: unknown) => {
    throw new UserError(`${name} cannot be fetched; check that the server is still running`, {
      cause,
    });
  });
  if (!response.ok || response.body === null) {
    throw new UserError(`${name} cannot be fetched: HTTP status ${response.status}`);
  }
  const refuseSize = (): never => {
    throw new UserError(`${name} is larger than the limit of ${maxBytes} bytes`);
  };
  const length = plainLength(response.headers);
  if (length !== undefined && length > maxBytes) refuseSize();
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  onProgress?.(0, length);
  // One buffer if the length is known, so that a large model is not in memory twice.
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

/** The length of the content; unknown if the response is compressed. */
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
