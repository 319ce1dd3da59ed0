/** Prepares the requested peers. */

import { type PeerName, peerNames } from "./arguments.ts";
import type { Outcome } from "./compare.ts";
import { jaxJs, tfjsWasm } from "./peers/javascript.ts";
import type { Peer, StartedPeer } from "./peers/peer.ts";
import { pytorch, pytorchAvx512 } from "./peers/pytorch.ts";
import { makeRow, type Row } from "./row.ts";

const peers: Readonly<Record<PeerName, Peer>> = {
  pytorch,
  "pytorch-avx512": pytorchAvx512,
  "tfjs-wasm": tfjsWasm,
  "jax-js": jaxJs,
};

/** A running peer, or the reason why it does not run. */
export type Contestant =
  | { readonly peer: Peer; readonly started: StartedPeer }
  | { readonly peer: Peer; readonly missing: string };

/** Peers with these names for dense models, or for the others; all existing names are accepted. */
export function peersNamed(names: readonly PeerName[], dense: boolean): Peer[] {
  const all = names.length === peerNames.length;
  return names
    .map((name) => peers[name])
    .filter((peer) => peer.dense === dense && !(all && peer.unsupported() !== undefined));
}

/** Starts a peer, after installing it if requested. */
async function prepare(
  peer: Peer,
  { install, log }: { install: boolean; log: (line: string) => void },
): Promise<Contestant> {
  const unsupported = peer.unsupported();
  if (unsupported !== undefined) return { peer, missing: unsupported };
  try {
    if (!peer.installed()) {
      if (!install) return { peer, missing: "not installed" };
      await peer.install((line) => log(`${peer.name}: ${line}`));
    }
    return { peer, started: await peer.start() };
  } catch (error) {
    return { peer, missing: firstLines((error as Error).message) };
  }
}

/** Prepares several peers, one after another. */
export async function prepareAll(
  wanted: readonly Peer[],
  options: { install: boolean; log: (line: string) => void },
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const peer of wanted) contestants.push(await prepare(peer, options));
  return contestants;
}

/** The peers that run. */
export function startedOf(contestants: readonly Contestant[]): StartedPeer[] {
  return contestants.flatMap((entry) => ("started" in entry ? [entry.started] : []));
}

/** A row for each contestant; `theirs` are the outcomes of the running peers, in order. */
export function contestantRows(
  head: { readonly bench: string; readonly case: string },
  mine: Outcome,
  contestants: readonly Contestant[],
  theirs: readonly Outcome[],
): Row[] {
  let next = 0;
  return contestants.map((entry) => {
    const peer = entry.peer.name;
    return "missing" in entry
      ? makeRow({ ...head, peer, version: null }, mine, entry.missing)
      : makeRow({ ...head, peer, version: entry.started.version }, mine, theirs[next++]!);
  });
}

function firstLines(text: string): string {
  const [first, ...rest] = text.split("\n").filter((line) => line.trim() !== "");
  return rest.length === 0 ? first! : `${first} (${rest.at(-1)!.trim()})`;
}
