import type { RoutingAgreement } from "../../../inspect/statistics/agreement.ts";
import type { ComparedRouting } from "../../../train/compare-routing.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress } from "../../progress.ts";
import { printTable } from "../../table.ts";

export interface AgreementOptions extends CommonOptions {
  readonly split: string;
}

/** `moesaic agreement`: compares the routing of two checkpoints. */
export async function agreementCommand(
  context: Context,
  first: string,
  second: string,
  { split, json }: AgreementOptions,
): Promise<number> {
  const { compareRouting } = await import("../../../train/compare-routing.ts");
  using progress = createProgress(context.err);
  const compared = await compareRouting(first, second, { split, progress });
  progress.close();
  if (json) printJson(context, asJson(compared));
  else printAgreement(context, compared);
  return 0;
}

function printAgreement({ out }: Context, { split, first, second, layers }: ComparedRouting): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const cells = ({ firstChoice, overlap, kappa }: RoutingAgreement): string[] => [
    percent(firstChoice),
    percent(overlap),
    kappa.toFixed(3),
  ];
  out.line(
    `${first.path} at step ${first.step} and ${second.path} at step ${second.step}, ${split} split`,
  );
  const heading = ["layer", "experts", "first choice", "overlap", "kappa", "matching"];
  printTable(
    out,
    heading,
    layers.flatMap(({ layer, own, matched }) => [
      [layer, "as numbered", ...cells(own), ""],
      [
        layer,
        "matched",
        ...cells(matched),
        matched.permutation.map((e) => (e < 0 ? "-" : e)).join(" "),
      ],
    ]),
  );
}

function asJson({ split, first, second, layers }: ComparedRouting) {
  const shares = ({ firstChoice, overlap, kappa }: RoutingAgreement) => ({
    first_choice: firstChoice,
    overlap,
    kappa,
  });
  return {
    split,
    first,
    second,
    layers: layers.map(({ layer, tokens, own, matched }) => ({
      layer,
      tokens,
      ...shares(own),
      matched: { ...shares(matched), experts: matched.permutation.map((e) => (e < 0 ? null : e)) },
    })),
  };
}
