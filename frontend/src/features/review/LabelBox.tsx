import { Check } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Review.module.css";

type Props = { tone: "given" | "suggested" | "accepted"; name: string; by?: string; children: ReactNode };

/** One label in the frame that says whose it is. */
export function LabelBox({ tone, name, by, children }: Props) {
  return (
    <div className={`${classes.label} ${classes[tone]}`}>
      <span className={classes.labelName}>
        {tone === "accepted" && <Check size={12} strokeWidth={3} aria-hidden />}
        {name}
      </span>
      {children}
      {by && <span className={classes.labelBy}>{by}</span>}
    </div>
  );
}
