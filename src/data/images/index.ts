/** Data sets of picture files: CIFAR-10, Flickr8k, PACS, folders of pictures, lists of captions. */

export { type CaptionColumns, type CaptionRow, readCaptionRows } from "./captioned/caption-rows.ts";
export { type CaptionedImagesSpec, openCaptionedImages } from "./captioned/captioned-images.ts";
export { type CifarRecord, readCifarRecords } from "./cifar-binary.ts";
export { type Cifar10Spec, openCifar10 } from "./cifar10.ts";
export {
  BrokenImageError,
  type DecodedImage,
  decodeImage,
  type ImageDecodeOptions,
} from "./decode/decode.ts";
export { type DomainSplitOptions, domainMembers } from "./domain-splits.ts";
export { type Flickr8kSpec, openFlickr8k } from "./flickr8k.ts";
export { type ImageFolderSpec, openImageFolder } from "./image-folder.ts";
export { type LabelledImagesSpec, openLabelledImages } from "./labelled-images.ts";
export { openPacs, type PacsSpec } from "./pacs.ts";
export { openPictureFolder, openPictures, type PictureSet } from "./picture-folder.ts";
export { type SceneName, sceneNames, sceneOf } from "./scenes.ts";
export {
  type EncodedSample,
  type EncodedSplit,
  type StoreHooks,
  type StoreOptions,
  storeImages,
} from "./store.ts";
