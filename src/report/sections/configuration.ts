/** Configuration and software versions. */

import { stringify } from "yaml";
import { html } from "../html.ts";
import type { Section } from "./section.ts";

export const configurationSection: Section = {
  id: "configuration",
  title: "Configuration",
  draw: ({ run }) => {
    const text = configurationText(run.config);
    const versions = Object.entries(run.summary.versions ?? {});
    if (text === "" && versions.length === 0) return null;
    return html`${text === "" ? null : html`<details class="card"><summary>Resolved configuration</summary><pre><code>${text}</code></pre></details>`}
${
  versions.length === 0
    ? null
    : html`<details class="card"><summary>Versions</summary><table><tbody>${versions.map(
        ([name, version]) => html`<tr><th scope="row">${name}</th><td>${String(version)}</td></tr>`,
      )}</tbody></table></details>`
}`;
  },
};

function configurationText(config: unknown): string {
  if (config === undefined || config === null) return "";
  return typeof config === "string" ? config : (stringify(config) ?? "");
}
