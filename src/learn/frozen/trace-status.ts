/** What the nodes of a traced objective depend on: frozen parameters and samples only, or more. */
import type { Node, Tensor } from "../../graph/graph.ts";
import { inputAttributes, isConstant, isInput } from "../../graph/inputs.ts";

/** Why the value of a node differs from epoch to epoch, or between samples that are together in a batch. */
export interface Obstacle {
  /**
   * A parameter that trains, an array of the batch that varies, random numbers, a state, samples that
   * influence each other, or an operator that only training has.
   */
  readonly kind: "trained" | "varying" | "random" | "state" | "mixed" | "training";
  /** Name of the input, or place of the operator. */
  readonly name: string;
}

/**
 * `fixed` values depend on frozen parameters alone, values of `sample` on frozen parameters and the sample
 * that they belong to.
 */
export type Status = "fixed" | "sample" | Obstacle;

export interface StatusOptions {
  /** Whether a parameter trains, by its name. */
  readonly trains: (name: string) => boolean;
  /** Whether an array of the batch is the same for a sample in every epoch. */
  readonly isConstant: (name: string) => boolean;
  /** A further obstacle of a node that depends on samples and frozen parameters alone. */
  readonly obstacleOf: (node: Node, statusOf: (tensor: Tensor) => Status) => Obstacle | undefined;
}

/** The status of every node, in the order of the graph. */
export function traceStatus(
  nodes: readonly Node[],
  { trains, isConstant: isSame, obstacleOf }: StatusOptions,
): ReadonlyMap<Node, Status> {
  const statuses = new Map<Node, Status>();
  const statusOf = (tensor: Tensor): Status => statuses.get(tensor.node)!;
  for (const node of nodes) {
    const [first] = node.outputs;
    if (isInput(first!)) statuses.set(node, inputStatus(first!, trains, isSame));
    else if (isConstant(first!)) statuses.set(node, "fixed");
    else {
      const status = node.inputs.map(statusOf).reduce<Status>(joined, "fixed");
      statuses.set(node, status === "sample" ? (obstacleOf(node, statusOf) ?? status) : status);
    }
  }
  return statuses;
}

export function isObstacle(status: Status): status is Obstacle {
  return typeof status === "object";
}

/** The first of several obstacles counts: intended ones come first, and consequences of others last. */
const ORDER: readonly Obstacle["kind"][] = [
  "trained",
  "varying",
  "random",
  "state",
  "mixed",
  "training",
];

function joined(a: Status, b: Status): Status {
  if (!isObstacle(a)) return isObstacle(b) || b === "sample" ? b : a;
  if (!isObstacle(b)) return a;
  return ORDER.indexOf(b.kind) < ORDER.indexOf(a.kind) ? b : a;
}

function inputStatus(
  tensor: Tensor,
  trains: (name: string) => boolean,
  isSame: (name: string) => boolean,
): Status {
  const { name, role } = inputAttributes(tensor);
  switch (role) {
    case "parameter":
      return trains(name) ? { kind: "trained", name } : "fixed";
    case "data":
      return isSame(name) ? "sample" : { kind: "varying", name };
    case "random":
    case "state":
      return { kind: role, name };
  }
}
