export { openMnistDomains } from "./mnist-domains.ts";
export { rotateImage } from "./rotate.ts";
