import type { Value } from "@/api/types";
import {
  type Box,
  classesOf,
  isBox,
  isSpan,
  type Part,
  partsOf,
  type Span,
  samePart,
  without,
} from "./parts";
import { plural } from "./values";

/** What differs between two labels that are lists, and how much of them does not. */
export type ListChange = { removed: Value[]; added: Value[]; kept: number };

/** Null where the two are not lists that have something in common to leave out. */
export function listChange(before: Value, after: Value): ListChange | null {
  if (!Array.isArray(before) || !Array.isArray(after)) return null;
  const [removed, added] = [lessOf(before, after), lessOf(after, before)];
  return { removed, added, kept: before.length - removed.length };
}

const lessOf = (list: Value[], others: Value[]): Value[] =>
  partsOf(list).length > 0
    ? without(partsOf(list), partsOf(others), samePart)
    : without(classesOf(list), classesOf(others), (a, b) => a === b);

/** What becomes of one part, in words: "WBC → RBC, 12 px wider on the left". */
export function changeText(before: Part, after: Part): string {
  const label = before.label === after.label ? [] : [`${before.label} → ${after.label}`];
  return [...label, ...moves(before, after)].join(", ") || "the same";
}

function moves(before: Part, after: Part): string[] {
  if (isBox(before) && isBox(after)) return boxMoves(before, after);
  return isSpan(before) && isSpan(after) ? spanMoves(before, after) : [];
}

function boxMoves({ bbox: [x, y, w, h] }: Box, { bbox: [ax, ay, aw, ah] }: Box): string[] {
  const right = Math.round(ax - x);
  const down = Math.round(ay - y);
  const [wider, taller] = [Math.round(ax + aw - x - w), Math.round(ay + ah - y - h)];
  if (wider === right && taller === down)
    return [shift(right, "to the right", "to the left"), shift(down, "down", "up")].filter(Boolean);
  return [
    edge(-right, "wider", "narrower", "on the left"),
    edge(wider, "wider", "narrower", "on the right"),
    edge(-down, "taller", "shorter", "at the top"),
    edge(taller, "taller", "shorter", "at the bottom"),
  ].filter(Boolean);
}

const shift = (by: number, onwards: string, back: string) =>
  by === 0 ? "" : `${Math.abs(by)} px ${by > 0 ? onwards : back}`;

const edge = (by: number, more: string, less: string, side: string) =>
  by === 0 ? "" : `${Math.abs(by)} px ${by > 0 ? more : less} ${side}`;

function spanMoves(before: Span, after: Span): string[] {
  return [reach(after.start - before.start, "starts"), reach(after.end - before.end, "ends")].filter(Boolean);
}

const reach = (by: number, verb: string) =>
  by === 0 ? "" : `${verb} ${plural(Math.abs(by), "character")} ${by > 0 ? "later" : "earlier"}`;
