/** The tag to offer for the next version: 1.0 first, then the last number counted up; "" where that cannot be told. */
export function nextTag(latest?: string) {
  if (latest === undefined) return "1.0";
  const parts = /^(.*?)(\d+)$/.exec(latest);
  return parts ? `${parts[1]}${Number(parts[2]) + 1}` : "";
}
