/** Cells of a confusion matrix that are clicked, and led through with the arrow keys. */

/** A place in the matrix. */
export type CellPlace = readonly [actual: number, predicted: number];

export interface CellOptions {
  /** Called with the cell that is clicked or entered. */
  readonly onCell?: (actual: number, predicted: number) => void;
  /** The cell that is marked. */
  readonly chosen?: CellPlace;
}

const moves: Readonly<Record<string, CellPlace>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Makes buttons of the drawn cells, one of which is in the order of tabs.
 *
 * @param places where the rectangles of the chart's cells stand, in the order of drawing
 */
export function followCells(
  svg: SVGSVGElement,
  places: readonly CellPlace[],
  size: number,
  { onCell, chosen }: CellOptions,
): void {
  const shapes = [...svg.querySelectorAll<SVGElement>("[aria-label=cell] rect")];
  const byPlace = new Map(places.map(([a, p], i) => [`${a}-${p}`, shapes[i]!]));
  const marked = chosen && byPlace.get(`${chosen[0]}-${chosen[1]}`);
  marked?.setAttribute("class", "chosen");
  if (onCell === undefined) return;
  svg.setAttribute("role", "group"); // a picture would hide its buttons
  const stop = marked ?? shapes[0];
  for (const [i, shape] of shapes.entries()) {
    const [actual, predicted] = places[i]!;
    const attributes = {
      role: "button",
      tabindex: shape === stop ? 0 : -1,
      "data-key": `${actual}-${predicted}`,
      "aria-label": shape.querySelector("title")?.textContent ?? "",
      "aria-pressed": String(shape === marked),
    };
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
    shape.addEventListener("click", () => onCell(actual, predicted));
    shape.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      if (event.key === "Enter" || event.key === " ") onCell(actual, predicted);
      else if (move === undefined) return;
      else neighbour(byPlace, [actual, predicted], move, size)?.focus();
      event.preventDefault();
    });
  }
}

/** The next drawn cell in a direction; empty ones are passed over. */
function neighbour(
  byPlace: ReadonlyMap<string, SVGElement>,
  [actual, predicted]: CellPlace,
  [down, right]: CellPlace,
  size: number,
): SVGElement | undefined {
  for (let i = 1; i < size; i++) {
    const found = byPlace.get(`${actual + i * down}-${predicted + i * right}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
