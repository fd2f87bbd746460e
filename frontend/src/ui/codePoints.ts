import type { Span } from "./parts";

/**
 * Where a position counted in Unicode code points stands in a JavaScript string, which counts UTF-16 units: a
 * letter beyond U+FFFF, as most emoji are, is one of the first and two of the second. What lies outside the
 * text is put at its nearer end.
 */
export function utf16Of(text: string): (position: number) => number {
  const clamp = (position: number, most: number) => Math.max(0, Math.min(position, most));
  if (!/[\ud800-\udbff]/.test(text)) return (position) => clamp(position, text.length);
  const starts: number[] = [0];
  let at = 0;
  for (const letter of text) {
    at += letter.length;
    starts.push(at);
  }
  return (position) => starts[clamp(position, starts.length - 1)] ?? text.length;
}

/** The words that a span marks, on one line, shortened in the middle where they are many. */
export function excerpt(text: string, span: Pick<Span, "start" | "end">, longest = 48): string {
  const at = utf16Of(text);
  const letters = [...text.slice(at(span.start), at(span.end)).replaceAll(/\s+/g, " ")];
  if (letters.length <= longest) return letters.join("");
  const half = Math.floor((longest - 1) / 2);
  return `${letters.slice(0, half).join("")}…${letters.slice(-half).join("")}`;
}
