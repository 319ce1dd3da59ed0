/** Caches of answers. */

/** A cache of answers by key: a `Map` or a `WeakMap`. */
interface Cache<K, V> {
  get(key: K): Promise<V> | undefined;
  set(key: K, answer: Promise<V>): unknown;
  delete(key: K): boolean;
}

/** The cached answer, or a new one. A failed answer is not kept, so that asking again can succeed. */
export function askOnce<K, V>(cache: Cache<K, V>, key: K, ask: () => Promise<V>): Promise<V> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const answer = ask();
  cache.set(key, answer);
  answer.catch(() => cache.delete(key));
  return answer;
}
