import { Check } from "lucide-react";
import type { Value } from "@/api/types";
import classes from "./Value.module.css";
import { valueText } from "./values";

export type Tone = "given" | "suggested" | "accepted" | "plain";

/** A label value. Given is solid blue, suggested dashed orange, accepted green with a tick: line and mark say it too. */
export function ValueChip({ value, tone = "plain" }: { value: Value; tone?: Tone }) {
  const isMissing = value === null || value === undefined;
  return (
    <span className={`${classes.value} ${classes[tone] ?? ""} ${isMissing ? classes.none : ""}`}>
      {tone === "accepted" && <Check size="0.95em" strokeWidth={3} aria-hidden />}
      {valueText(value)}
    </span>
  );
}
