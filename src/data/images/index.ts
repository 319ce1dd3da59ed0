/** Data sets of picture files: CIFAR-10, Flickr8k, PACS, folders of pictures, lists of captions. */

export { type CaptionRow, readCaptionRows } from "./captioned/caption-rows.ts";
export { openCaptionedImages } from "./captioned/captioned-images.ts";
export { type CifarRecord, readCifarRecords } from "./cifar-binary.ts";
export { openCifar10 } from "./cifar10.ts";
export {
  BrokenImageError,
  type DecodedImage,
  decodeImage,
  type ImageDecodeOptions,
} from "./decode.ts";
export { domainMembers } from "./domain-splits.ts";
export { openFlickr8k } from "./flickr8k.ts";
export { openImageFolder } from "./image-folder.ts";
export { openPacs } from "./pacs.ts";
export { openPictureFolder, openPictures, type PictureSet } from "./picture-folder.ts";
export { type SceneName, sceneNames, sceneOf } from "./scenes.ts";
export type {
  CaptionColumns,
  CaptionedImagesSpec,
  Cifar10Spec,
  DomainSplitOptions,
  Flickr8kSpec,
  ImageFolderSpec,
  PacsSpec,
  StoreOptions,
} from "./specs.ts";
export {
  type EncodedSample,
  type EncodedSplit,
  type SkippedImages,
  type StoreHooks,
  storeImages,
} from "./store.ts";
