/** Removes limits of experts, so that results depend on one sample alone. */
import type { MoeSettings } from "../settings.ts";
import type { DispatchSettings, TokenDispatchSettings } from "./config.ts";

/** The same layer with capacity for every choice of every token; the choices do not change. */
export function withoutLimit(settings: MoeSettings): MoeSettings {
  return { ...settings, dispatch: withRoom(settings.dispatch, settings.numExperts) };
}

/**
 * The same layer without limits shared by the samples of a batch. A limit per sequence remains, because
 * it gives a sample the same result in any batch.
 */
export function withoutSharedLimit<Layer extends MoeSettings>(settings: Layer): Layer {
  const { dispatch, numExperts } = settings;
  return { ...settings, dispatch: withoutSharedRoom(dispatch, numExperts) };
}

/** The dispatch of `withoutSharedLimit`, for models with their own router. */
export function withoutSharedRoom<Dispatch extends DispatchSettings | TokenDispatchSettings>(
  dispatch: Dispatch,
  numExperts: number,
): Dispatch {
  if (dispatch.name !== "capacity" || dispatch.group === "sequence") return dispatch;
  return withRoom(dispatch, numExperts);
}

function withRoom<Dispatch extends DispatchSettings | TokenDispatchSettings>(
  dispatch: Dispatch,
  numExperts: number,
): Dispatch {
  if (dispatch.name !== "capacity") return dispatch;
  if (dispatch.normalization === "none") return { name: "dropless" } as Dispatch;
  // Enough capacity for all choices of all tokens; keeps the normalisation.
  return { ...dispatch, evaluationCapacityFactor: numExperts, formula: {} };
}
