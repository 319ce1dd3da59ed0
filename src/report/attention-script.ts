/** Attention section of the report's script: selection of heads, patches and words. */

import { attentionLevels } from "./charts/attention.ts";

/** Digits that encode attention shares in the page. */
export const shareDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Defines a function `look` for the section; its arithmetic equals `inspect/attention.ts`. */
export const attentionScript: string = `
  const look = (section) => {
    const digits = "${shareDigits}";
    const middle = ${(attentionLevels - 1) / 2};
    const levelOf = (ratio) => ratio > 0
      ? Math.min(2 * middle, Math.max(0, Math.round(middle + (Math.log2(ratio) * middle) / 2)))
      : 0;
    let head = null;

    const readTile = (element) => ({
      svg: element.querySelector("svg"),
      heads: Number(element.dataset.heads),
      keys: Number(element.dataset.keys),
      text: element.dataset.weights,
      ofWords: element.matches(".of-words"),
      // Attention of the class token, as a tile with a single query.
      own: element.dataset.classToken && {
        heads: Number(element.dataset.heads),
        keys: Number(element.dataset.keys),
        text: element.dataset.classToken,
      },
    });
    const weightsOf = (tile) => (tile.weights ??= Uint8Array.from(tile.text, (c) => digits.indexOf(c)));
    const shares = (tile, queries, patch, onlyHead) => {
      const weights = weightsOf(tile);
      const result = new Array(tile.keys).fill(0);
      let rows = 0;
      for (let at = 0; at < tile.heads * queries; at++) {
        if (onlyHead !== null && Math.floor(at / queries) !== onlyHead) continue;
        if (patch !== null && at % queries !== patch) continue;
        const row = weights.subarray(at * tile.keys, (at + 1) * tile.keys);
        const total = row.reduce((sum, value) => sum + value, 0);
        if (total === 0) continue;
        rows += 1;
        row.forEach((value, key) => { result[key] += value / total; });
      }
      return rows === 0 ? result : result.map((share) => share / rows);
    };
    const path = (name, d) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
      element.setAttribute("class", name);
      element.setAttribute("d", d);
      return element;
    };
    const square = (patch, cols) => "M" + (patch % cols) + " " + Math.floor(patch / cols) + "h1v1h-1z";
    const frame = (patch, cols) =>
      "M" + (patch % cols) + ".12 " + Math.floor(patch / cols) + ".12h.76v.76h-.76z";
    const paint = (svg, ratios, cols) => {
      const parts = [];
      ratios.forEach((ratio, patch) => {
        const level = levelOf(ratio);
        parts[level] = (parts[level] ?? "") + square(patch, cols);
      });
      svg.querySelector(".heat").replaceChildren(
        ...parts.map((d, level) => path("a" + level, d)).filter(Boolean),
      );
    };

    const renders = [...section.querySelectorAll(".looks")].map((sample) => {
      const rows = Number(sample.dataset.rows);
      const cols = Number(sample.dataset.cols);
      const size = rows * cols;
      const picker = sample.querySelector(".picker svg");
      const tiles = [...sample.querySelectorAll("[data-weights]")].map(readTile);
      const words = [...sample.querySelectorAll("[data-word]")];
      const [state, wordState] = sample.querySelectorAll("output");
      const classButton = sample.querySelector("button.class-token");
      let patch = null;
      let ofClass = false;
      let word = words.findIndex((button) => button.getAttribute("aria-pressed") === "true");

      const place = () => "row " + (Math.floor(patch / cols) + 1) + ", column " + ((patch % cols) + 1);
      const render = () => {
        const read = words.map(() => 0);
        const textTiles = tiles.filter((tile) => tile.ofWords);
        for (const tile of tiles) {
          const values = tile.ofWords
            ? Array.from({ length: size }, (_, s) => shares(tile, size, s, null)[word] * tile.keys)
            : (ofClass
                ? shares(tile.own, 1, null, tile.heads > 1 ? head : null)
                : shares(tile, size, patch, tile.heads > 1 ? head : null)
              ).map((share) => share * size);
          paint(tile.svg, values, cols);
          if (tile.ofWords) {
            shares(tile, size, patch, null).forEach((share, i) => { read[i] += share; });
          }
        }
        words.forEach((button, i) => {
          const level = levelOf((read[i] * words.length) / textTiles.length);
          button.className = "word a" + level;
          button.setAttribute("aria-pressed", String(i === word));
          button.tabIndex = i === word ? 0 : -1;
        });
        sample.querySelectorAll("svg .from").forEach((mark) => mark.remove());
        if (patch !== null) {
          for (const svg of [picker, ...tiles.map((tile) => tile.svg)]) {
            svg.append(path("from halo", frame(patch, cols)), path("from line", frame(patch, cols)));
          }
        }
        const who = ofClass
          ? "the class token"
          : patch === null ? "all patches, averaged" : "the patch in " + place();
        classButton?.setAttribute("aria-pressed", String(ofClass));
        const which = head === null ? "" : ", head " + head;
        state.textContent = "Attention of " + who + which + ".";
        if (wordState) {
          wordState.textContent = "Attention of the patches to \\u201c" + words[word].textContent.trim() + "\\u201d.";
        }
        picker.setAttribute("aria-valuenow", patch === null ? 0 : patch + 1);
        picker.setAttribute("aria-valuetext", patch === null ? "all patches" : place());
      };
      const choose = (next) => {
        ofClass = false;
        patch = next === patch ? null : next;
        render();
      };

      for (const [name, value] of Object.entries({
        tabindex: 0,
        role: "slider",
        "aria-label": "Query patch; arrow keys move it, Escape clears it",
        "aria-valuemin": 0,
        "aria-valuemax": size,
        "aria-valuenow": 0,
        "aria-valuetext": "all patches",
      })) picker.setAttribute(name, value);
      picker.addEventListener("keydown", (event) => {
        const [x, y] = patch === null ? [0, 0] : [patch % cols, Math.floor(patch / cols)];
        const moves = {
          ArrowLeft: [x - 1, y], ArrowRight: [x + 1, y],
          ArrowUp: [x, y - 1], ArrowDown: [x, y + 1],
          Home: [0, 0], End: [cols - 1, rows - 1],
        };
        if (event.key === "Escape") choose(patch);
        else if (moves[event.key] === undefined) return;
        else if (patch === null) choose(Math.floor(rows / 2) * cols + Math.floor(cols / 2));
        else {
          const [u, v] = moves[event.key];
          ofClass = false;
          patch = Math.min(rows - 1, Math.max(0, v)) * cols + Math.min(cols - 1, Math.max(0, u));
          render();
        }
        event.preventDefault();
      });
      sample.addEventListener("click", (event) => {
        const svg = event.target.closest?.(".tiles svg");
        if (!svg) return;
        const box = svg.getBoundingClientRect();
        const x = Math.floor(((event.clientX - box.left) / box.width) * cols);
        const y = Math.floor(((event.clientY - box.top) / box.height) * rows);
        choose(Math.min(rows - 1, Math.max(0, y)) * cols + Math.min(cols - 1, Math.max(0, x)));
      });
      classButton?.addEventListener("click", () => {
        ofClass = !ofClass;
        patch = null;
        render();
      });
      words.forEach((button, i) => {
        button.tabIndex = i === word ? 0 : -1;
        button.addEventListener("focus", () => { if (word !== i) { word = i; render(); } });
        button.addEventListener("click", () => button.focus());
        button.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
          if (step === undefined) return;
          words[(i + step + words.length) % words.length].focus();
          event.preventDefault();
        });
      });
      return render;
    });

    section.querySelector("[data-control=head]")?.addEventListener("input", ({ target }) => {
      head = target.value === "0" ? null : target.value - 1;
      target.nextElementSibling.textContent = head === null ? "all heads" : "head " + head;
      renders.forEach((render) => render());
    });
  };
`;
