/**
 * A size for people: three digits with the unit.
 *
 * @param bytes number of bytes
 * @example
 * formatBytes(12_345_678); // "12.3 MB"
 */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const text = value >= 999.5 ? value.toFixed(0) : value.toPrecision(3);
  return `${text} ${units[unit]}`;
}
