/** Times as Python's `strftime` writes them. */

const months = "January February March April May June July August September October November December"; // biome-ignore format: a list
const days = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday";

/**
 * A local time in the format of Python's `strftime`, with English names; unknown codes stay.
 *
 * @example
 * formatTime(new Date(2026, 1, 3), "%d %b %Y"); // "03 Feb 2026"
 */
export function formatTime(time: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hour, month, day] = [time.getHours(), time.getMonth(), time.getDate()];
  const monthName = months.split(" ")[month]!;
  const dayName = days.split(" ")[time.getDay()]!;
  const firstDay = Date.UTC(time.getFullYear(), 0, 1);
  const codes: Readonly<Record<string, string>> = {
    "%": "%",
    Y: String(time.getFullYear()),
    y: two(time.getFullYear() % 100),
    m: two(month + 1),
    d: two(day),
    B: monthName,
    b: monthName.slice(0, 3),
    A: dayName,
    a: dayName.slice(0, 3),
    j: String(1 + (Date.UTC(time.getFullYear(), month, day) - firstDay) / 86_400_000).padStart(3, "0"), // biome-ignore format: one expression
    H: two(hour),
    I: two(hour % 12 || 12),
    p: hour < 12 ? "AM" : "PM",
    M: two(time.getMinutes()),
    S: two(time.getSeconds()),
  };
  return format.replace(/%(-?)([%\w])/g, (whole, plain: string, code: string) => {
    const text = codes[code];
    if (text === undefined) return whole;
    return plain === "" ? text : text.replace(/^0+(?=.)/, "");
  });
}
