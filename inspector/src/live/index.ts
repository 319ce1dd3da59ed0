/** Models in a web worker. */
export { type DecodeImageOptions, decodeImageFile } from "moesaic/live";
export type { OpenProgress } from "./messages.ts";
export { openLiveModel } from "./open-live-model.ts";
