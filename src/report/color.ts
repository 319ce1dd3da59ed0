/** Colour arithmetic: hexadecimal sRGB, OKLab (Björn Ottosson, 2020), WCAG contrast. */

/** Three components: linear RGB from 0 to 1, or OKLab lightness, a and b. */
export type Triple = readonly [number, number, number];

/** Types of colour vision for which palettes are checked. */
export type Vision = "normal" | "protanopia" | "deuteranopia" | "tritanopia";

// Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
const visionMatrices: Readonly<Record<Exclude<Vision, "normal">, readonly number[]>> = {
  protanopia: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deuteranopia: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritanopia: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
};

/** Linear RGB of `#rrggbb`. */
export function linearRgb(hex: string): Triple {
  const value = Number.parseInt(hex.slice(1), 16);
  const channel = (shift: number): number => {
    const s = ((value >> shift) & 255) / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  return [channel(16), channel(8), channel(0)];
}

/** `#rrggbb` of linear RGB; values outside 0 to 1 are clamped. */
export function toHex(rgb: Triple): string {
  const byte = (linear: number): string => {
    const l = Math.min(1, Math.max(0, linear));
    const s = l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055;
    return Math.round(s * 255)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${byte(rgb[0])}${byte(rgb[1])}${byte(rgb[2])}`;
}

/** OKLab of linear RGB. */
export function oklab([r, g, b]: Triple): Triple {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Linear RGB of OKLab; outside 0 to 1 if the colour is outside sRGB. */
export function fromOklab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** Interpolates two colours in perceptually even steps. */
export function mix(from: string, to: string, fraction: number): string {
  const a = oklab(linearRgb(from));
  const b = oklab(linearRgb(to));
  const at = (i: 0 | 1 | 2): number => a[i] + (b[i] - a[i]) * fraction;
  return toHex(fromOklab([at(0), at(1), at(2)]));
}

/** OKLab of a colour as perceived with the given colour vision. */
export function perceived(rgb: Triple, vision: Vision): Triple {
  if (vision === "normal") return oklab(rgb);
  const m = visionMatrices[vision];
  const row = (i: number): number =>
    Math.min(1, Math.max(0, m[i]! * rgb[0] + m[i + 1]! * rgb[1] + m[i + 2]! * rgb[2]));
  return oklab([row(0), row(3), row(6)]);
}

/** WCAG 2 contrast ratio of two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => {
    const [r, g, b] = linearRgb(hex);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const a = luminance(one) + 0.05;
  const b = luminance(other) + 0.05;
  return Math.max(a, b) / Math.min(a, b);
}

/** Black or white, whichever has more contrast with the background. */
export function inkOn(background: string): string {
  return contrast(background, "#ffffff") >= contrast(background, "#000000") ? "#ffffff" : "#000000";
}
