import type { Value } from "@/api/types";

/** [x, y, width, height] in pixels of the picture as displayed. */
export type Bbox = [number, number, number, number];
export type Box = { bbox: Bbox; label: string };
/** Positions count Unicode code points; the end is exclusive. */
export type Span = { start: number; end: number; label: string };
export type Part = Box | Span;

const has = (value: unknown, key: string): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && key in value;

export const isBox = (value: unknown): value is Box => has(value, "bbox") && has(value, "label");
export const isSpan = (value: unknown): value is Span => has(value, "start") && has(value, "label");
export const isPart = (value: unknown): value is Part => isBox(value) || isSpan(value);

/** The boxes or spans of a value, which may be one of them, a list of them, or no such thing. */
export const partsOf = (value: Value): Part[] => (Array.isArray(value) ? value : [value]).filter(isPart);

/** The names in a list of classes. */
export const classesOf = (value: Value): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

const placeOf = (part: Part) => (isBox(part) ? part.bbox.join() : `${part.start}-${part.end}`);

export const samePlace = (a: Part, b: Part) => placeOf(a) === placeOf(b);
export const samePart = (a: Part, b: Part) => samePlace(a, b) && a.label === b.label;

/** Whether two labels say the same, whatever the order of the keys of their parts. */
export const sameValue = (a: Value, b: Value) => canonical(a) === canonical(b);

const canonical = (value: Value) =>
  JSON.stringify(value ?? null, (_, one) => (isPart(one) ? `${placeOf(one)} ${one.label}` : one));

/** Of a list what the other does not have; what repeats is taken away once for each time. */
export function without<T>(list: T[], others: T[], same: (a: T, b: T) => boolean): T[] {
  const left = [...others];
  return list.filter((one) => {
    const at = left.findIndex((other) => same(one, other));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** [["RBC", 10], ["WBC", 2]]: how many parts there are of each class, the most frequent first. */
export function labelCounts(parts: Part[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { label } of parts) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
