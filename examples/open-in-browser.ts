import { createLiveModel, decodeSafetensors, type LiveModel, webRuntime } from "moesaic/browser";

/** Opens a model that `writeLiveModel(run, folder)` of `moesaic/runs` wrote, in a web page. */
export async function openModel(base: string): Promise<LiveModel> {
  const fetched = ["model.json", "weights.safetensors"].map((name) => fetch(base + name));
  const [spec, weights] = await Promise.all(fetched);
  const bytes = new Uint8Array(await weights!.arrayBuffer());
  const { tensors } = decodeSafetensors(bytes, "weights.safetensors");
  return createLiveModel(await spec!.json(), tensors, { runtime: await webRuntime() });
}
