import { expect, test } from "vitest";
import type { FlagDetail } from "@/api/types";
import { ahead, EMPTY, reduce, type Session, type SessionEvent } from "./session";

const flag = (id: number, more: Partial<FlagDetail> = {}) =>
  ({ id, version: 1, state: "open", ...more }) as FlagDetail;
const KEEP = { action: "keep" } as const;
const after = (...events: SessionEvent[]): Session => events.reduce(reduce, EMPTY);
const fetched = (...ids: number[]): SessionEvent => ({
  type: "fetched",
  flags: ids.map((id) => flag(id)),
  remaining: ids.length,
  isLast: true,
});
const answered = (id: number): SessionEvent => ({ type: "answered", id, decision: KEEP });
const currentOf = (session: Session) => session.flags[session.cursor]?.id;

test("an answer moves on at once, before the server has it", () => {
  const session = after(fetched(1, 2), answered(1));
  expect(currentOf(session)).toBe(2);
  expect(session.answers[1]?.isConfirmed).toBe(false);
});

test("an answer sent again later does not move the person from where they are", () => {
  const fresh = flag(1);
  const session = after(fetched(1, 2), answered(1), { type: "refused", id: 1, fresh }, answered(1));
  expect(currentOf(session)).toBe(2);
});

test("what is left goes down with every answer and up again with an undo", () => {
  const session = after(fetched(1, 2, 3), answered(1), answered(2), answered(2));
  expect(session.remaining).toBe(1);
  expect(reduce(session, { type: "undone", flag: flag(2, { version: 3 }) }).remaining).toBe(2);
});

test("what is fetched twice appears once", () => {
  const session = after(fetched(1, 2), fetched(1, 2, 3));
  expect(session.flags.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(session.isExhausted).toBe(false);
});

test("a queue that gives nothing new is exhausted", () => {
  expect(after(fetched(1), fetched(1)).isExhausted).toBe(true);
});

test("a refusal keeps the unsent text and shows the flag as it is now", () => {
  const fresh = flag(1, { state: "kept", version: 2 });
  const session = after(fetched(1, 2), { type: "drafted", id: 1, text: "why" }, answered(1), {
    type: "refused",
    id: 1,
    fresh,
  });
  expect(session.drafts[1]).toBe("why");
  expect(session.flags[0]?.state).toBe("kept");
  expect(session.done).toEqual([]);
});

test("a confirmation takes the text that went with the answer", () => {
  const text: SessionEvent = { type: "drafted", id: 1, text: "why" };
  const session = after(fetched(1), text, answered(1), { type: "confirmed", flag: flag(1, { version: 2 }) });
  expect(session.drafts).toEqual({});
});

test("undo brings back the last answered item, and the one before it next", () => {
  const back: SessionEvent = { type: "undone", flag: flag(2, { version: 3 }) };
  const session = after(fetched(1, 2, 3), answered(1), answered(2), { type: "undoing", id: 2 }, back);
  expect(currentOf(session)).toBe(2);
  expect(session.done).toEqual([1]);
  expect(ahead(session)).toBe(2);
});

test("going back to answer a skipped item leads on to the next open one", () => {
  const move: SessionEvent = { type: "moved", by: 1 };
  const session = after(fetched(1, 2, 3), move, answered(2), { type: "wentTo", id: 1 }, answered(1));
  expect(currentOf(session)).toBe(3);
});
