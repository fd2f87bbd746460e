import type { ReactNode } from "react";
import classes from "./Tag.module.css";
import { STATE_WORDS, STATUS_WORDS, wordFor } from "./words";

type Tone = "plain" | "good" | "bad" | "busy" | "warm";

export function Tag({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`${classes.tag} ${classes[tone] ?? ""}`}>{children}</span>;
}

const STATE_TONES: Record<string, Tone> = {
  proposed: "busy",
  applied: "good",
  kept: "good",
  escalated: "warm",
  returned: "warm",
};

export function StateTag({ state }: { state: string }) {
  return <Tag tone={STATE_TONES[state]}>{wordFor(STATE_WORDS, state)}</Tag>;
}

const STATUS_TONES: Record<string, Tone> = {
  running: "busy",
  queued: "busy",
  succeeded: "good",
  failed: "bad",
};

export function StatusTag({ status }: { status: string }) {
  return <Tag tone={STATUS_TONES[status]}>{wordFor(STATUS_WORDS, status)}</Tag>;
}
