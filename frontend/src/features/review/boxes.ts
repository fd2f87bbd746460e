import type { Bbox } from "@/ui/parts";

export type Size = { width: number; height: number };

/** Around the boxes of a crop there is this share of their size to see where they are. */
const MARGIN = 0.35;
const LEAST = 16; // pixels of the picture a crop shows at least

/** The smallest box around all of them. */
function around(boxes: Bbox[]): Bbox {
  const [left, top] = [0, 1].map((at) => Math.min(...boxes.map((box) => box[at] ?? 0))) as [number, number];
  const right = Math.max(...boxes.map(([x, , w]) => x + w));
  const bottom = Math.max(...boxes.map(([, y, , h]) => y + h));
  return [left, top, right - left, bottom - top];
}

/** The part of a picture that shows these boxes with something around them, in the proportions of `ratio`. */
export function cropOf(boxes: Bbox[], ratio: number): Bbox {
  const [x, y, w, h] = around(boxes);
  const [least, most] = [LEAST, 1 + 2 * MARGIN];
  const height = Math.max(h * most, (w * most) / ratio, least);
  const width = height * ratio;
  return [x + w / 2 - width / 2, y + h / 2 - height / 2, width, height];
}

export type View = { zoom: number; x: number; y: number };
export const WHOLE: View = { zoom: 1, x: 0, y: 0 };
export const LARGEST = 16;

/** The view in which the boxes fill a third of a frame that shows the whole picture at zoom 1. */
export function viewOf(boxes: Bbox[], picture: Size, frame: Size): View {
  const [x, y, w, h] = around(boxes);
  const scale = frame.width / picture.width;
  const room = Math.min(frame.width / (w * scale), frame.height / (h * scale));
  const zoom = Math.max(1, Math.min(room / 3, LARGEST));
  if (zoom === 1) return WHOLE;
  const shift = (middle: number, whole: number) => (whole / 2 - middle) * scale * zoom;
  return { zoom, x: shift(x + w / 2, picture.width), y: shift(y + h / 2, picture.height) };
}

/** A name is put into its box where less than this share of the picture's height is left beside it. */
const EDGE = 0.06;

/** Where the name of a box stands, as CSS says it: on the box, or under it, and never outside the picture. */
export function namePlace([x, y, w, h]: Bbox, { width, height }: Size, isBelow: boolean) {
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  const isAtRight = x + w > 0.9 * width && x > width / 2;
  const side = isAtRight ? { right: percent(width - x - w, width) } : { left: percent(x, width) };
  const edge = isBelow ? y + h : y;
  const isInside = (isBelow ? height - edge : edge) / height < EDGE;
  return isInside === isBelow
    ? { ...side, bottom: percent(height - edge, height) }
    : { ...side, top: percent(edge, height) };
}
