/** Texts that a language model made. */
import { html } from "../html.ts";
import type { Section } from "./section.ts";

export const samplesSection: Section = {
  id: "samples",
  title: "Generated text",
  draw: ({ run }) => {
    const samples = run.samples ?? [];
    if (samples.length === 0) return null;
    return html`<p class="lede">The beginning of the evaluated text, in bold, and how the model goes on from there at several temperatures: the higher, the less it keeps to the most probable tokens.</p>
<div class="grid">${samples.map(
      ({ temperature, prompt, text }) =>
        html`<figure class="card"><h3>Temperature ${temperature}</h3><p class="generated"><b>${prompt}</b>${text}</p></figure>`,
    )}</div>`;
  },
};
