import type { Value } from "@/api/types";

type Part = { label?: string; start?: number; end?: number; bbox?: number[] };

function partText({ label = "?", start, end, bbox }: Part) {
  if (bbox) return `${label} at ${bbox.map(Math.round).join(", ")}`;
  return start === undefined ? label : `${label} ${start}–${end}`;
}

/** A label of any task type in one line of plain text; a missing one says so. */
export function valueText(value: Value): string {
  if (value === null || value === undefined) return "no label";
  if (Array.isArray(value)) return value.length > 0 ? value.map(valueText).join(", ") : "no label";
  return typeof value === "object" ? partText(value as Part) : String(value);
}

const numberFormat = new Intl.NumberFormat("en");
const shareFormat = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** 0.857 → "85.7 %", the number and its sign never on two lines. */
export const percent = (share: number) => `${shareFormat.format(100 * share)}\u00a0%`;
export const count = (n: number) => numberFormat.format(n);
export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** With a capital at its start, as a sentence has. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
