/** Shows an address in the browser of the person at the keyboard. */
import { spawn } from "node:child_process";

/** Opens `url` with the system's opener; without one, or without a screen, nothing happens. */
export function openBrowser(
  url: string,
  { platform = process.platform, env = process.env } = {},
): void {
  const [command, ...args] = opener(url, platform, env) ?? [];
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => {}); // there is no such program
  child.unref();
}

/** The program and its arguments; undefined where there is no screen. */
export function opener(
  url: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (platform === "darwin") return ["open", url];
  // `start` is of the shell, which reads & as its own.
  if (platform === "win32") return ["cmd", "/c", "start", '""', url.replaceAll("&", "^&")];
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME);
  return hasScreen ? ["xdg-open", url] : undefined;
}
