/** A binary heap: `pop` returns the first value by `compare`. */
export interface Heap<T> {
  push(value: T): void;
  pop(): T | undefined;
}

/** An empty heap. */
export function createHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const values: T[] = [];
  const before = (a: number, b: number): boolean => compare(values[a]!, values[b]!) < 0;
  const swap = (a: number, b: number): void => {
    [values[a], values[b]] = [values[b]!, values[a]!];
  };
  return {
    push(value) {
      let at = values.push(value) - 1;
      for (let parent = (at - 1) >> 1; at > 0 && before(at, parent); parent = (at - 1) >> 1) {
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      if (values.length === 0) return undefined;
      swap(0, values.length - 1);
      const first = values.pop();
      for (let at = 0; ; ) {
        let next = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < values.length && before(child, next)) next = child;
        }
        if (next === at) return first;
        swap(at, next);
        at = next;
      }
    },
  };
}
