/** Who may read: names of this machine, and those who know the token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { securityHeaders } from "./security-headers.ts";

export interface AccessOptions {
  /** The address that is listened on. */
  readonly host: string;
  /** What every request must know, where it is set. */
  readonly token?: string;
}

/** Cookies of one name are shared by all ports of a host. */
const cookieName = (port: string): string => `moesaic-${port}`;

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses requests that ask for another host: a page elsewhere may have its name point here (DNS
 * rebinding), but cannot say another one. Where the address is not of this machine alone, the token
 * says who may read, and names are many.
 */
export function requireHost({ host }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const name = hostName(c.req.header("host") ?? "");
    if (isLoopback(host) ? isLoopback(name) : name !== "") return next();
    return c.text(`this server is not called ${JSON.stringify(name)}\n`, 421);
  };
}

/** The name without the port, and without brackets around an IPv6 address. */
function hostName(header: string): string {
  return /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(header)?.[1] ?? header.replace(/:\d+$/, "");
}

/** Refuses all but GET and HEAD. */
export const readOnly: MiddlewareHandler = async (c, next) => {
  if (c.req.method === "GET" || c.req.method === "HEAD") return next();
  return c.text("only GET and HEAD are answered\n", 405, { Allow: "GET, HEAD" });
};

/**
 * Asks for the token, where there is one: in a header `Authorization: Bearer`, in a cookie, or in
 * `?token=` of the page's address, which then leaves a cookie and is gone from the address.
 */
export function requireToken({ token }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    if (token === undefined) return next();
    const url = new URL(c.req.url);
    const name = cookieName(url.port);
    const asked = url.searchParams.get("token");
    const bearer = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (asked !== null && sameSecret(asked, token)) {
      setCookie(c, name, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      if (url.pathname !== "/") return next();
      // A page that leads on, for a redirect after a link from elsewhere would lack the cookie.
      return c.html(
        '<!doctype html><meta http-equiv="refresh" content="0; url=./"><title>Moesaic</title>',
      );
    }
    const given = bearer ?? getCookie(c, name);
    if (given !== undefined && sameSecret(given, token)) return next();
    return c.text("open the address with its token, as moesaic inspect printed it\n", 401);
  };
}

/** Compares in a time that tells nothing of how far they agree. */
function sameSecret(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Sets the headers that keep pages apart and scripts out. */
export const secure: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
};
