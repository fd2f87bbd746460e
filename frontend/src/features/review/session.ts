import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";

/** One sitting of review: the items so far and ahead, where the person is, what is on its way to the server. */
export type Session = {
  flags: FlagDetail[];
  cursor: number;
  /** Answers by flag: sent at once, confirmed later. */
  answers: Record<number, { decision: Decision; isConfirmed: boolean }>;
  /** Flags answered in this sitting, oldest first: what undo walks back through. */
  done: number[];
  /** Text written but not yet with the server. It outlives moves, refusals and reloads of the item. */
  drafts: Record<number, string>;
  remaining: number | null;
  isExhausted: boolean;
};

export const EMPTY: Session = {
  flags: [],
  cursor: 0,
  answers: {},
  done: [],
  drafts: {},
  remaining: null,
  isExhausted: false,
};

export type SessionEvent =
  | { type: "fetched"; flags: FlagDetail[]; remaining: number | null; isLast: boolean }
  | { type: "answered"; id: number; decision: Decision }
  | { type: "confirmed"; flag: FlagDetail }
  | { type: "refused"; id: number; fresh: FlagDetail }
  | { type: "undoing"; id: number }
  | { type: "undone"; flag: FlagDetail }
  | { type: "replaced"; flag: FlagDetail }
  | { type: "drafted"; id: number; text: string }
  | { type: "moved"; by: 1 | -1 }
  | { type: "wentTo"; id: number };

const without = <T>(record: Record<number, T>, id: number) => {
  const { [id]: _, ...rest } = record;
  return rest;
};

const swap = (flags: FlagDetail[], fresh: FlagDetail) =>
  flags.map((flag) => (flag.id === fresh.id ? { ...flag, ...fresh } : flag));

/** The server counts what is left only when items are fetched; in between each answer counts here. */
const changed = (remaining: number | null, by: number) =>
  remaining === null ? null : Math.max(0, remaining + by);

const indexOf = (session: Session, id: number) => session.flags.findIndex((flag) => flag.id === id);

/** From the answered item to the next without an answer, past the end when there is none. */
function advance(session: Session, answered: number): Session {
  if (session.flags[session.cursor]?.id !== answered) return session;
  const next = session.flags.findIndex((flag, i) => i > session.cursor && !session.answers[flag.id]);
  return { ...session, cursor: next === -1 ? session.flags.length : next };
}

function fetched(session: Session, event: Extract<SessionEvent, { type: "fetched" }>): Session {
  const known = new Set(session.flags.map((flag) => flag.id));
  const fresh = event.flags.filter((flag) => !known.has(flag.id));
  return {
    ...session,
    flags: [...session.flags, ...fresh],
    remaining: event.remaining,
    isExhausted: event.isLast && fresh.length === 0,
  };
}

const step = (session: Session, by: number) =>
  Math.min(Math.max(session.cursor + by, 0), session.flags.length);

const takeBack = (session: Session, id: number) => ({
  answers: without(session.answers, id),
  done: session.done.filter((other) => other !== id),
});

/** How many items ahead still want an answer: when few are left, more are fetched. */
export const ahead = (session: Session) =>
  session.flags.filter((flag, i) => i >= session.cursor && !session.answers[flag.id]).length;

export function reduce(session: Session, event: SessionEvent): Session {
  switch (event.type) {
    case "fetched":
      return fetched(session, event);
    case "answered": {
      const answers = { ...session.answers, [event.id]: { decision: event.decision, isConfirmed: false } };
      const done = [...session.done.filter((id) => id !== event.id), event.id];
      const remaining = session.answers[event.id] ? session.remaining : changed(session.remaining, -1);
      return advance({ ...session, answers, done, remaining }, event.id);
    }
    case "confirmed": {
      const answer = session.answers[event.flag.id];
      const answers = answer
        ? { ...session.answers, [event.flag.id]: { ...answer, isConfirmed: true } }
        : session.answers;
      return {
        ...session,
        flags: swap(session.flags, event.flag),
        answers,
        drafts: without(session.drafts, event.flag.id),
      };
    }
    case "refused":
      return { ...session, ...takeBack(session, event.id), flags: swap(session.flags, event.fresh) };
    case "undoing":
      return { ...session, done: session.done.filter((id) => id !== event.id) };
    case "undone": {
      const flags = swap(session.flags, event.flag);
      return {
        ...session,
        ...takeBack(session, event.flag.id),
        flags,
        remaining: changed(session.remaining, 1),
        cursor: indexOf(session, event.flag.id),
      };
    }
    case "replaced":
      return { ...session, flags: swap(session.flags, event.flag) };
    case "drafted":
      return { ...session, drafts: { ...session.drafts, [event.id]: event.text } };
    case "moved":
      return { ...session, cursor: step(session, event.by) };
    case "wentTo":
      return { ...session, cursor: Math.max(indexOf(session, event.id), 0) };
  }
}
