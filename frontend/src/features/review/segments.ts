import { utf16Of } from "@/ui/codePoints";
import type { Span } from "@/ui/parts";

export type Role = "other" | "given" | "suggested" | "accepted";
export const ROLE_NAMES: Record<Role, string> = {
  given: "given",
  suggested: "suggested",
  accepted: "chosen",
  other: "others of the label",
};
export type Mark = Span & { role: Role };

/** A stretch of text under the same marks from end to end; `begins` are those that begin with it. */
export type Segment = { at: number; text: string; marks: Mark[]; begins: Mark[] };

/** The text cut at every end of a mark, so that spans may nest and overlap; in order, nothing lost. */
export function segmentsOf(text: string, marks: Mark[]): Segment[] {
  const at = utf16Of(text);
  const placed = marks
    .map((mark) => ({ mark, start: at(mark.start), end: at(mark.end) }))
    .filter(({ start, end }) => start < end)
    .sort((a, b) => a.start - b.start);
  const cuts = new Set([0, text.length, ...placed.flatMap(({ start, end }) => [start, end])]);
  const ends = [...cuts].sort((a, b) => a - b);
  let next = 0;
  let open: typeof placed = [];
  return ends.slice(0, -1).map((start, i) => {
    const first = next;
    while (placed[next]?.start === start) next += 1;
    const begins = placed.slice(first, next);
    open = [...open.filter(({ end }) => end > start), ...begins];
    return {
      at: start,
      text: text.slice(start, ends[i + 1]),
      marks: open.map(markOf),
      begins: begins.map(markOf),
    };
  });
}

const markOf = ({ mark }: { mark: Mark }) => mark;
