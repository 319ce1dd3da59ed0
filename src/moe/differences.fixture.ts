/** Gradients of functions of a scope against differences of what they compute. */
import { gradients } from "../autodiff/gradients.ts";
import { allocate, array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import type { Scope, Trace } from "../nn/scope.ts";
import { emitModel } from "../onnx/emit.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { reduceSum } from "../ops/reduce.ts";
import type { Session } from "../runtime/session.ts";
import {
  type Arrays,
  begin,
  feedsOf,
  type Inputs,
  type RunOptions,
  withSession,
} from "./run.fixture.ts";

/** What the differentiated function gives. */
export interface Objectives {
  /** `[N, D']`; its weighted sum is part of every objective. */
  readonly output: Tensor;
  /** Scalars, each added in turn. */
  readonly losses: Readonly<Record<string, Tensor>>;
  /** What must not change within the differences: ids, positions. */
  readonly selection: readonly Tensor[];
}

const STEP = 2 ** -7;
/** Places, in steps, and weights of the fourth-order difference. */
const STENCIL = [
  [-2, 1 / 12],
  [-1, -2 / 3],
  [1, 2 / 3],
  [2, -1 / 12],
] as const;

/**
 * Compares the gradients of `sum(w * output) + loss`, for no loss and for every loss, by the inputs
 * and by all parameters, with differences; throws where they differ or a choice changed.
 *
 * One graph gives all gradients: each loss has a factor, 1 in its turn and 0 otherwise.
 *
 * @returns names of the combinations that were compared
 */
export async function checkGradients(
  fn: (scope: Scope, inputs: Inputs, trace: Trace) => Objectives,
  options: RunOptions,
): Promise<string[]> {
  const { scope, trace, inputs } = begin(options);
  const { output, losses, selection } = fn(scope, inputs, trace);
  const names = Object.keys(losses);
  const real = (name: string): boolean => options.inputs[name]!.dtype === "float32";
  const wrt = new Map([
    ...Object.entries(inputs).filter(([name]) => real(name)),
    ...[...trace.parameters].map(([name, { tensor }]) => [name, tensor] as const),
  ]);
  const weights = input(trace.graph, "output_weights", output);
  const total = names.reduce(
    (sum, name) =>
      add(sum, mul(losses[name]!, input(trace.graph, factor(name), { dtype: "float32", shape: [] }))),
    reduceSum(mul(output, weights)),
  ); // biome-ignore format: one expression
  const slopes = gradients(total, [...wrt.values()]);
  const forward: Record<string, Tensor> = { output };
  for (const name of names) forward[`loss:${name}`] = losses[name]!;
  for (const [i, tensor] of selection.entries()) forward[`selection:${i}`] = tensor;
  const backward = [...wrt.keys()].map((name, i) => [`slope:${name}`, slopes[i]!] as const);
  const model = emitModel({ ...forward, ...Object.fromEntries(backward) });
  return withSession(model, async (session) => {
    const feeds = feedsOf(model.inputs, trace, {
      ...options,
      inputs: {
        ...options.inputs,
        output_weights: randomArray(output.shape as number[], 99),
        ...Object.fromEntries(names.map((name) => [factor(name), array(0)])),
      },
    });
    const expected = await differences(session, feeds, forward, [...wrt.keys()]);
    const combinations = ["no loss", ...names];
    for (const loss of combinations) {
      const turn = loss === "no loss" ? feeds : { ...feeds, [factor(loss)]: array(1) };
      const found = await session.run(
        turn,
        backward.map(([name]) => name),
      );
      for (const name of wrt.keys()) {
        const slope = expected.get(name)!;
        const wanted = slope.map((by) => by.get("output")! + (by.get(loss) ?? 0));
        compare(toNumbers(found[`slope:${name}`]!), wanted, `${loss}, by ${name}`);
      }
    }
    return combinations;
  });
}

const factor = (name: string): string => `factor:${name}`;

/** Slopes of the weighted output and of each loss, by every entry of the named inputs. */
async function differences(
  session: Session,
  feeds: Arrays,
  forward: Readonly<Record<string, Tensor>>,
  wrt: readonly string[],
): Promise<Map<string, Map<string, number>[]>> {
  const used = Object.fromEntries(session.inputNames.map((name) => [name, copy(feeds[name]!)]));
  const fetched = Object.fromEntries(
    Object.entries(forward).map(([name, { dtype, shape }]) => [
      name,
      allocate(dtype, shape as readonly number[]),
    ]),
  );
  const weights = toNumbers(feeds.output_weights!);
  const read = (): Map<string, number> =>
    new Map(
      Object.entries(fetched).flatMap(([name, value]) => {
        const entries = toNumbers(value);
        if (name === "output") return [[name, dot(entries, weights)]];
        return name.startsWith("loss:") ? [[name.slice(5), entries[0]!]] : [];
      }),
    );
  const selected = (): number[][] =>
    Object.entries(fetched).flatMap(([name, value]) =>
      name.startsWith("selection:") ? [toNumbers(value)] : [],
    );
  using binding = session.bind(used, fetched);
  await binding.run();
  const chosen = JSON.stringify(selected());
  const result = new Map<string, Map<string, number>[]>();
  for (const name of wrt) {
    const { data } = used[name] as NdArray<"float32">;
    const slopes: Map<string, number>[] = [];
    for (const [i, at] of data.entries()) {
      const slope = new Map<string, number>();
      for (const [place, weight] of STENCIL) {
        data[i] = at + place * STEP;
        await binding.run();
        if (JSON.stringify(selected()) !== chosen) {
          throw new Error(`a step of ${place * STEP} in entry ${i} of ${name} changes a choice`);
        }
        for (const [objective, value] of read()) {
          slope.set(objective, (slope.get(objective) ?? 0) + (weight * value) / STEP);
        }
      }
      data[i] = at;
      slopes.push(slope);
    }
    result.set(name, slopes);
  }
  return result;
}

function copy(value: NdArray): NdArray {
  return { ...value, data: value.data.slice() } as NdArray;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0);
}

function compare(found: readonly number[], wanted: readonly number[], label: string): void {
  const typical = Math.sqrt(dot(wanted, wanted) / wanted.length);
  for (const [i, want] of wanted.entries()) {
    if (Math.abs(found[i]! - want) <= 2e-3 * (Math.abs(want) + typical) + 1e-4) continue;
    throw new Error(
      `${label}, entry ${i}: got ${found[i]}, expected ${want}\n  got      ${found}\n  expected ${wanted}`,
    );
  }
}
