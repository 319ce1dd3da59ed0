/**
 * Whether a model has layers whose experts share their capacity among the samples of a batch, so that
 * the tokens that are dropped, and with them scores, depend on the size of the batch.
 *
 * @param settings of the model, at any depth
 */
export function sharesCapacity(settings: unknown): boolean {
  if (typeof settings !== "object" || settings === null) return false;
  const { dispatch } = settings as { readonly dispatch?: { name?: unknown; group?: unknown } };
  if (dispatch?.name === "capacity" && dispatch.group === "batch") return true;
  return Object.values(settings).some(sharesCapacity);
}
