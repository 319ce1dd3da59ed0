/** Helpers for SVG elements in charts that do not use Plot. */

const svgNamespace = "http://www.w3.org/2000/svg";

/** Creates an element with attributes, and appends it to a parent if given. */
export type Add = (
  parent: Element | null,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
) => Element;

export function elementMaker(document: Document): Add {
  return (parent, name, attributes) => {
    const element = document.createElementNS(svgNamespace, name) as SVGElement;
    for (const [key, value] of Object.entries(attributes)) {
      // A strict content security policy allows the style property but not the attribute.
      if (key === "style") element.style.cssText = String(value);
      else element.setAttribute(key, String(value));
    }
    parent?.append(element);
    return element;
  };
}

/** An image of `width` by `height` units with sharp pixels. */
export function imageElement(
  parent: Element,
  href: string,
  width: number,
  height: number,
  add: Add,
): Element {
  return add(parent, "image", {
    href,
    width,
    height,
    preserveAspectRatio: "none",
    style: "image-rendering:pixelated",
  });
}

/** Grid lines between the patches of an image, in units of patches. */
export function gridLines(svg: Element, rows: number, cols: number, add: Add): void {
  const lines = [
    ...Array.from({ length: Math.max(0, cols - 1) }, (_, i) => `M${i + 1} 0v${rows}`),
    ...Array.from({ length: Math.max(0, rows - 1) }, (_, i) => `M0 ${i + 1}h${cols}`),
  ];
  add(svg, "path", {
    fill: "none",
    "vector-effect": "non-scaling-stroke",
    d: lines.join(""),
    stroke: "#fff",
    "stroke-opacity": 0.22,
    "stroke-width": 0.75,
  });
}
