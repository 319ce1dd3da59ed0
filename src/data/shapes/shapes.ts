/** The `shapes` set: images of one to three coloured shapes, made on the fly from (seed, split, index). */

import { foldIn, key } from "../../random/index.ts";
import { checkIndex, type ImageDataset } from "../dataset.ts";
import { caption } from "./caption.ts";
import { objectChooser } from "./objects.ts";
import { render } from "./render.ts";
import { drawDomain, drawScene, type Scene } from "./scene.ts";
import { resolveShapesSpec, type ShapesSpec, shapeNames } from "./spec.ts";

/**
 * Opens the generated set; the label is the shape of the main object, which is the largest.
 *
 * @example
 * openShapes({ name: "shapes", split: "test" }).get(0).captions
 */
export function openShapes(spec: ShapesSpec): ImageDataset {
  const resolved = resolveShapesSpec(spec);
  const { split, length, size } = resolved;
  const choose = objectChooser(resolved);
  const splitKey = foldIn(foldIn(key(resolved.seed), "shapes"), split);
  const captionsOf = (scene: Scene) => resolved.captions.map((detail) => caption(scene, detail));
  return {
    kind: "image",
    name: "shapes",
    split,
    length,
    classNames: shapeNames,
    imageShape: { height: size, width: size, channels: 3 },
    domains: {
      names: resolved.domains,
      of: (index) => resolved.domains.indexOf(drawDomain(foldIn(splitKey, index), resolved)),
    },
    captionsOf: (index) => captionsOf(drawScene(foldIn(splitKey, index), resolved, choose)),
    get: (index) => {
      checkIndex(index, length, `shapes ${split}`);
      const sampleKey = foldIn(splitKey, index);
      const scene = drawScene(sampleKey, resolved, choose);
      return {
        image: render(scene, size, sampleKey),
        height: size,
        width: size,
        channels: 3,
        label: shapeNames.indexOf(scene.objects[0]!.shape),
        captions: captionsOf(scene),
        attributes: scene.objects.map(({ fill: _fill, accent: _accent, ...rest }) => rest),
        domain: scene.domain,
        index,
      };
    },
  };
}
