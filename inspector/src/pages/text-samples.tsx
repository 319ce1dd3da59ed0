/** Texts that a language model made while it was evaluated. */
import type { StoredRecord } from "../data/record.ts";

export function Samples({ record: { samples = [] } }: { readonly record: StoredRecord }) {
  if (samples.length === 0) return null;
  return (
    <section>
      <h2>Samples</h2>
      <div class="grid">
        {samples.map(({ temperature, prompt, text }, i) => (
          <figure key={i} class="card">
            <h3>{temperature === 0 ? "greedy" : `temperature ${temperature}`}</h3>
            <p class="generated">
              <span class="passage">{prompt}</span>
              {text}
            </p>
          </figure>
        ))}
      </div>
    </section>
  );
}
