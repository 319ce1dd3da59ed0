/** Access control: host names of this machine, and an access token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { securityHeaders } from "./security-headers.ts";

export interface AccessOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Token required of every request, if set. */
  readonly token?: string;
}

/** Cookie name with the port: browsers share cookies between all ports of a host. */
const cookieName = (port: string): string => `moesaic-${port}`;

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Rejects requests whose Host header is another host: with DNS rebinding a foreign page's name resolves
 * to this machine, but the page cannot change the header. If the address is reachable from other
 * machines, host names vary and the token controls access instead.
 */
export function requireHost({ host }: AccessOptions): MiddlewareHandler {
  return async (c, next) => {
    const name = hostName(c.req.header("host") ?? "");
    if (isLoopback(host) ? isLoopback(name) : name !== "") return next();
    return c.text(`unknown host ${JSON.stringify(name)}\n`, 421);
  };
}

/** The name without the port, and without brackets around an IPv6 address. */
function hostName(header: string): string {
  return /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(header)?.[1] ?? header.replace(/:\d+$/, "");
}

/**
 * Rejects all methods but GET and HEAD, and POST of JSON to some addresses from this page: a foreign page
 * can send no JSON without a preflight request, which is rejected.
 */
export function requireMethod(posts: RegExp | undefined): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === "GET" || c.req.method === "HEAD") return next();
    if (c.req.method !== "POST" || !posts?.test(c.req.path)) {
      return c.text("only GET and HEAD are answered\n", 405, { Allow: "GET, HEAD" });
    }
    const site = c.req.header("sec-fetch-site") ?? "same-origin";
    if (site !== "same-origin") return c.text("only this page may send texts\n", 403);
    const type = c.req.header("content-type") ?? "";
    return /^application\/json\b/.test(type) ? next() : c.text("send application/json\n", 415);
  };
}

/**
 * Requires the token, if there is one: in a header `Authorization: Bearer`, in a cookie, or as `?token=`
 * in the page's address, which then sets the cookie and removes the token from the address.
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
      // A page that navigates on, because a redirect after a cross-site link would not send the cookie.
      return c.html(
        '<!doctype html><meta http-equiv="refresh" content="0; url=./"><title>Moesaic</title>',
      );
    }
    const given = bearer ?? getCookie(c, name);
    if (given !== undefined && sameSecret(given, token)) return next();
    return c.text("open the address with its token, as moesaic inspect printed it\n", 401);
  };
}

/** Compares in constant time. */
function sameSecret(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Sets the security headers. */
export const secure: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
};
