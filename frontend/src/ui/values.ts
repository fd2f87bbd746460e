import type { Value } from "@/api/types";
import { excerpt } from "./codePoints";
import { isBox, isPart, labelCounts, type Part, partsOf } from "./parts";

/** More parts than these are counted by class. */
export const LISTED = 3;

/** "RBC 40 × 38 at 12, 30", "ORG “Acme”"; without the text that a span is of, where it is. */
export function partText(part: Part, text?: string | null): string {
  return `${part.label} ${placeText(part, text)}`;
}

export function placeText(part: Part, text?: string | null): string {
  if (isBox(part)) {
    const [x, y, w, h] = part.bbox.map(Math.round);
    return `${w}\u00a0×\u00a0${h} at ${x},\u00a0${y}`;
  }
  return text == null ? `${part.start}–${part.end}` : `“${excerpt(text, part)}”`;
}

/** "14 boxes: 10 RBC, 4 WBC". */
export function partsText(parts: Part[]): string {
  const counts = labelCounts(parts).map(([label, n]) => `${count(n)} ${label}`);
  return `${partCount(parts)}: ${counts.join(", ")}`;
}

const partCount = (parts: Part[]) =>
  parts.every(isBox) ? plural(parts.length, "box", "boxes") : plural(parts.length, "span");

/** A label of any task type in one line of plain text; a missing one says so. */
export function valueText(value: Value, text?: string | null): string {
  if (value === null || value === undefined) return "no label";
  if (isPart(value)) return partText(value, text);
  if (!Array.isArray(value)) return typeof value === "object" ? JSON.stringify(value) : String(value);
  const parts = partsOf(value);
  if (parts.length > LISTED) return partsText(parts);
  return value.map((one) => valueText(one, text)).join(", ") || "none";
}

const numberFormat = new Intl.NumberFormat("en");
const shareFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 0.857 → "85.7 %", the number and its sign never on two lines. */
export const percent = (share: number) => `${shareFormat.format(100 * share)}\u00a0%`;
export const count = (n: number) => numberFormat.format(n);
export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** With a capital at its start, as a sentence has. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
