/** The report's script: sliders, expert focus, attention. The page is complete without it. */

import { attentionScript } from "./attention-script.ts";

export const script: string = `
"use strict";
(() => {
  const follow = (section) => {
    const each = (selector, visit) => section.querySelectorAll(selector).forEach(visit);
    each(".controls", (controls) => { controls.hidden = false; });

    each("[data-control=tint]", (tint) => tint.addEventListener("input", () => {
      section.style.setProperty("--tint", tint.value / 100);
      tint.nextElementSibling.textContent = tint.value + " %";
    }));

    each("[data-control=layer]", (layer) => layer.addEventListener("input", () => {
      const names = JSON.parse(layer.dataset.layers);
      const name = names[layer.value - 1];
      layer.nextElementSibling.textContent = name ?? "all layers";
      section.classList.toggle("one-layer", name !== undefined);
      each("[data-layer]", (tile) => {
        tile.hidden = name !== undefined && tile.dataset.layer !== name;
      });
    }));

    let focused = null;
    const focus = (expert) => {
      focused = expert === focused ? null : expert;
      each("[data-focus]", (button) => {
        button.setAttribute("aria-pressed", String(button.dataset.focus === focused));
      });
      section.classList.toggle("focused", focused !== null);
      each("[data-expert]", (part) => {
        part.classList.toggle("on", part.dataset.expert === focused);
      });
    };
    each("[data-focus]", (button) => {
      button.addEventListener("click", () => focus(button.dataset.focus));
    });
    section.addEventListener("click", (event) => {
      const part = event.target.closest?.("[data-expert]");
      if (part) focus(part.dataset.expert);
    });
  };
${attentionScript}
  document.querySelectorAll("#mosaic, #scenes, #tokens, #attention, #gallery").forEach(follow);
  document.querySelectorAll("#attention").forEach(look);
})();
`;
