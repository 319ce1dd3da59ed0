/** File formats as bytes: safetensors, NumPy. */

export { decodeNpy, encodeNpy } from "./npy.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsContent,
} from "./safetensors.ts";
