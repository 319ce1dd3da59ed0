export { openMnistDomains } from "./mnist-domains.ts";
export { rotateImage } from "./rotate.ts";
export { colorings, type MnistDomainsSpec, mnistSources, rotations } from "./spec.ts";
