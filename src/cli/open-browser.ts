/** Opens an address in the browser. */
import { spawn } from "node:child_process";

/** Opens `url` with the system's opener; does nothing if there is no opener or no display. */
export function openBrowser(
  url: string,
  { platform = process.platform, env = process.env } = {},
): void {
  const [command, ...args] = opener(url, platform, env) ?? [];
  if (command === undefined) return;
  const child = spawn(command, args, {
    stdio: "ignore",
    detached: true,
    windowsVerbatimArguments: true,
  });
  child.on("error", () => {}); // the opener is not installed
  child.unref();
}

/** The opener and its arguments; undefined if there is no display. */
export function opener(
  url: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (platform === "darwin") return ["open", url];
  // `start` is a cmd.exe builtin, so `&` must be escaped.
  if (platform === "win32") return ["cmd", "/c", "start", '""', url.replaceAll("&", "^&")];
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
  return hasScreen ? ["xdg-open", url] : undefined;
}
