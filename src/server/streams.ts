/** Response bodies with backpressure, so that slow clients need little memory. */
import type { OpenedFile } from "./inside.ts";

/** Maximum bytes per chunk. */
const PIECE = 2 ** 16;

/** Streams an open file up to its size at opening, and closes it at the end. */
export function streamFile({ handle, size }: OpenedFile): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const piece = new Uint8Array(Math.min(PIECE, size - at));
        const { bytesRead } = await handle.read(piece, 0, piece.length, at).catch(async (error) => {
          await handle.close();
          throw error;
        });
        at += bytesRead;
        if (bytesRead > 0) controller.enqueue(piece.subarray(0, bytesRead));
        if (bytesRead > 0 && at < size) return;
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}

/** Streams chunks in memory without concatenating them. */
export function streamChunks(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  let index = 0;
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        while (index < chunks.length && at >= chunks[index]!.length) {
          index += 1;
          at = 0;
        }
        if (index === chunks.length) return controller.close();
        controller.enqueue(chunks[index]!.slice(at, at + PIECE));
        at += PIECE;
      },
    },
    { highWaterMark: 0 },
  );
}
