/**
 * Signed distances to the eight outlines: negative inside, zero on the line, y pointing down.
 *
 * All enclose the same area, so that size does not reveal the class. Formulas after Inigo Quilez,
 * "2D distance functions".
 */

import type { ShapeName } from "./spec.ts";

/** A shape around the origin, as a signed distance. */
export interface Outline {
  /** Signed distance of a point from the outline. */
  readonly distance: (x: number, y: number) => number;
  /** Radius of the enclosing circle about the origin. */
  readonly extent: number;
}

/** Area of every outline. */
export const outlineArea = 1.9;

function circle(x: number, y: number): number {
  return Math.sqrt(x * x + y * y) - 0.7777;
}

function box(x: number, y: number, halfWidth: number, halfHeight: number): number {
  const dx = Math.abs(x) - halfWidth;
  const dy = Math.abs(y) - halfHeight;
  if (dx > 0 && dy > 0) return Math.sqrt(dx * dx + dy * dy);
  return Math.max(dx, dy);
}

function square(x: number, y: number): number {
  return box(x, y, 0.6892, 0.6892);
}

/** Equilateral, point up. */
function triangle(x: number, y: number): number {
  const half = 1.0474;
  const k = Math.sqrt(3);
  let px = Math.abs(x) - half;
  let py = half / k - y;
  if (px + k * py > 0) [px, py] = [(px - k * py) / 2, (-k * px - py) / 2];
  px -= Math.min(Math.max(px, -2 * half), 0);
  return -Math.sqrt(px * px + py * py) * Math.sign(py);
}

/** Five points, one up; inner corners at 0.48 of the outer radius. */
function star(x: number, y: number): number {
  const radius = 1.1606;
  const cx = 0.809016994375;
  const cy = -0.587785252292;
  let px = Math.abs(x);
  let py = -y;
  const first = 2 * Math.max(cx * px + cy * py, 0);
  px -= first * cx;
  py -= first * cy;
  const second = 2 * Math.max(-cx * px + cy * py, 0);
  px -= second * -cx;
  py -= second * cy;
  px = Math.abs(px);
  py -= radius;
  const bx = 0.48 * -cy;
  const by = 0.48 * cx - 1;
  const along = Math.min(Math.max((px * bx + py * by) / (bx * bx + by * by), 0), radius);
  const sign = Math.sign(py * bx - px * by);
  px -= bx * along;
  py -= by * along;
  return Math.sqrt(px * px + py * py) * sign;
}

/** A plus sign with arms of thickness 0.36 times their length. */
function cross(x: number, y: number): number {
  const reach = 0.8974;
  const thick = 0.36 * reach;
  const ax = Math.abs(x);
  const ay = Math.abs(y);
  const px = Math.max(ax, ay);
  const py = Math.min(ax, ay);
  const qx = px - reach;
  const qy = py - thick;
  const k = Math.max(qx, qy);
  const wx = Math.max(k > 0 ? qx : thick - px, 0);
  const wy = Math.max(k > 0 ? qy : -k, 0);
  return Math.sign(k) * Math.sqrt(wx * wx + wy * wy);
}

function heart(x: number, y: number): number {
  const scale = 1.4577;
  const px = Math.abs(x) / scale;
  const py = 0.53 - y / scale;
  if (px + py > 1) {
    const dx = px - 0.25;
    const dy = py - 0.75;
    return scale * (Math.sqrt(dx * dx + dy * dy) - Math.SQRT2 / 4);
  }
  const onSide = 0.5 * Math.max(px + py, 0);
  const toNotch = px * px + (py - 1) ** 2;
  const toSide = (px - onSide) ** 2 + (py - onSide) ** 2;
  return scale * Math.sqrt(Math.min(toNotch, toSide)) * Math.sign(px - py);
}

/** A disc minus a smaller disc at its right. */
function crescent(x: number, y: number): number {
  const outer = 1.1215;
  const inner = 0.893;
  const shift = 0.54;
  const px = x - 0.21;
  const py = Math.abs(y);
  const a = (outer * outer - inner * inner + shift * shift) / (2 * shift);
  const b = Math.sqrt(Math.max(outer * outer - a * a, 0));
  if (shift * (px * b - py * a) > shift * shift * Math.max(b - py, 0)) {
    return Math.sqrt((px - a) ** 2 + (py - b) ** 2);
  }
  const cut = Math.sqrt((px - shift) ** 2 + py * py) - inner;
  return Math.max(Math.sqrt(px * px + py * py) - outer, -cut);
}

/** Points up: a head made of three half-planes on a shaft. */
function arrow(x: number, y: number): number {
  const halfBase = 0.976;
  const tip = -1.146;
  const base = -0.032;
  const rise = base - tip;
  const side = (rise * Math.abs(x) - halfBase * (y - tip)) / Math.sqrt(rise ** 2 + halfBase ** 2);
  const head = Math.max(side, y - base);
  const shaft = box(x, y - 0.2335, 0.34, 0.9335);
  return Math.min(head, shaft);
}

/** The outline of each shape. */
export const outlines: Readonly<Record<ShapeName, Outline>> = {
  circle: { distance: circle, extent: 0.78 },
  square: { distance: square, extent: 0.98 },
  triangle: { distance: triangle, extent: 1.21 },
  star: { distance: star, extent: 1.17 },
  cross: { distance: cross, extent: 0.96 },
  heart: { distance: heart, extent: 1.01 },
  crescent: { distance: crescent, extent: 1.27 },
  arrow: { distance: arrow, extent: 1.22 },
};
