import { expect, test } from "vitest";
import type { Bbox } from "@/ui/parts";
import { cropOf, LARGEST, namePlace, viewOf, WHOLE } from "./boxes";
import { type Mark, segmentsOf } from "./segments";

const mark = (start: number, end: number, label = "ORG", role: Mark["role"] = "other"): Mark => ({
  start,
  end,
  label,
  role,
});
const shape = (text: string, ...marks: Mark[]) =>
  segmentsOf(text, marks).map((one) => [one.text, one.marks.map(({ label }) => label).join("+")]);

test("a text without marks is one piece, and no text none", () => {
  expect(shape("Ada")).toEqual([["Ada", ""]]);
  expect(shape("")).toEqual([]);
});

test("spans that nest and overlap share the pieces they have in common", () => {
  expect(shape("abcdefgh", mark(1, 6, "A"), mark(2, 4, "B"), mark(3, 8, "C"))).toEqual([
    ["a", ""],
    ["b", "A"],
    ["c", "A+B"],
    ["d", "A+B+C"],
    ["ef", "A+C"],
    ["gh", "C"],
  ]);
});

test("a mark begins in one piece only", () => {
  const begins = segmentsOf("abcdef", [mark(0, 4, "A"), mark(2, 6, "B")]).map((one) => one.begins.length);
  expect(begins).toEqual([1, 1, 0]);
});

test("pieces are cut between code points, and together are the text", () => {
  const text = "😀 Zoe\u0301 in 🇫🇷, مرحبا";
  const pieces = segmentsOf(text, [mark(2, 6), mark(10, 12), mark(14, 19)]);
  expect(pieces.filter((one) => one.marks.length > 0).map((one) => one.text)).toEqual([
    "Zoe\u0301",
    "🇫🇷",
    "مرحبا",
  ]);
  expect(pieces.map((one) => one.text).join("")).toBe(text);
});

test("a span outside the text marks nothing", () => {
  expect(shape("Ada", mark(7, 9))).toEqual([["Ada", ""]]);
});

test("a crop has its boxes in its middle, at its own proportions", () => {
  const boxes: Bbox[] = [
    [10, 10, 20, 10],
    [20, 10, 20, 10],
  ];
  const [x, y, w, h] = cropOf(boxes, 1.5);
  expect(w / h).toBeCloseTo(1.5);
  expect([x + w / 2, y + h / 2]).toEqual([25, 15]);
  expect(w).toBeGreaterThan(30);
  expect(cropOf([[5, 5, 1, 1]], 1)).toEqual([-2.5, -2.5, 16, 16]);
});

test("a box at the corner of a large picture comes to the middle of the frame", () => {
  const view = viewOf([[0, 0, 40, 30]], { width: 4000, height: 3000 }, { width: 800, height: 600 });
  expect(view.zoom).toBe(LARGEST);
  expect(view.x).toBeCloseTo((2000 - 20) * 0.2 * LARGEST);
  expect(view.y).toBeCloseTo((1500 - 15) * 0.2 * LARGEST);
  expect(viewOf([[0, 0, 390, 290]], { width: 400, height: 300 }, { width: 800, height: 600 })).toBe(WHOLE);
});

test("a name stands on its box or under it, and in it at the edge of the picture", () => {
  const size = { width: 100, height: 200 };
  expect(namePlace([10, 20, 30, 40], size, false)).toEqual({ left: "10%", bottom: "90%" });
  expect(namePlace([10, 20, 30, 40], size, true)).toEqual({ left: "10%", top: "30%" });
  expect(namePlace([10, 0, 30, 40], size, false)).toEqual({ left: "10%", top: "0%" });
  expect(namePlace([70, 150, 30, 50], size, true)).toEqual({ right: "0%", bottom: "0%" });
});
