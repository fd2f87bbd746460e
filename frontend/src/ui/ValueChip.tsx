import { Check } from "lucide-react";
import type { Value } from "@/api/types";
import { LabelValue } from "./LabelValue";
import classes from "./Value.module.css";

export type Tone = "given" | "suggested" | "accepted" | "plain";
type Props = { value: Value; tone?: Tone; text?: string | null };

/** A label value. Given is solid blue, suggested dashed orange, accepted green with a tick: line and mark say it too. */
export function ValueChip({ value, tone = "plain", text }: Props) {
  const isMissing = value === null || value === undefined;
  return (
    <span className={`${classes.value} ${classes[tone] ?? ""} ${isMissing ? classes.none : ""}`}>
      {tone === "accepted" && <Check size="0.95em" strokeWidth={3} aria-hidden />}
      <LabelValue value={value} text={text} />
    </span>
  );
}
