/** Interactive cells of a confusion matrix, with arrow-key navigation. */

/** Row and column of a cell. */
export type CellPlace = readonly [actual: number, predicted: number];

export interface CellOptions {
  /** Called when a cell is clicked or activated. */
  readonly onCell?: (actual: number, predicted: number) => void;
  /** The selected cell. */
  readonly chosen?: CellPlace;
}

const moves: Readonly<Record<string, CellPlace>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * Turns the drawn cells into buttons; one of them is in the tab order.
 *
 * @param places row and column of each drawn rectangle, in drawing order
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
  svg.setAttribute("role", "group"); // the role "img" would hide the buttons
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

/** The next drawn cell in a direction; empty cells are skipped. */
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
