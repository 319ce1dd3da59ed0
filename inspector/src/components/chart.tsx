/** A chart that is redrawn if its size or its data change. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { messageOf } from "../data/resource.ts";

export interface ChartProps {
  /** Draws the chart at a width, pixels. */
  readonly draw: (width: number) => SVGSVGElement;
  /** Dependencies of the drawing. */
  readonly of: readonly unknown[];
  /** Reserved height before the chart is drawn, pixels. */
  readonly height: number;
  /** Maximum width, pixels. */
  readonly widest?: number;
}

/** Container of a chart. Charts are elements, not text, so data cannot inject markup. */
export function Chart({ draw, of, height, widest = 1200 }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [problem, setProblem] = useState<string>();
  useLayoutEffect(() => {
    const element = host.current!;
    const measure = (): void => setWidth(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (width <= 0) return;
    const focused = host.current!.contains(document.activeElement)
      ? document.activeElement?.getAttribute("data-key")
      : null;
    try {
      const chart = draw(Math.min(width, widest));
      host.current!.replaceChildren(chart);
      if (focused) chart.querySelector<SVGElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      setProblem(undefined);
    } catch (error) {
      host.current!.replaceChildren();
      setProblem(messageOf(error));
    }
  }, [width, widest, ...of]);
  return (
    <>
      <div class="chart-host" ref={host} style={{ minHeight: `${height}px` }} />
      {problem !== undefined && <p class="warning">This chart could not be drawn: {problem}</p>}
    </>
  );
}
