export { openShapes } from "./shapes.ts";
export {
  type ColorName,
  colorNames,
  type DomainName,
  domainNames,
  type ObjectPattern,
  palette,
  type ShapeName,
  type ShapesSpec,
  shapeNames,
  type TextureName,
  textureNames,
} from "./spec.ts";
