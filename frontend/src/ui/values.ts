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

const percentFormat = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const numberFormat = new Intl.NumberFormat("en");

export const percent = (share: number) => percentFormat.format(share);
export const count = (n: number) => numberFormat.format(n);
export const plural = (n: number, one: string, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
