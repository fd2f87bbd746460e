import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Callout.module.css";

type Props = { tone: "alarm" | "warm"; icon?: LucideIcon; title?: string; children: ReactNode };

/** A short message inside a screen that must not be missed. */
export function Callout({ tone, icon: Icon = CircleAlert, title, children }: Props) {
  return (
    <div className={classes.callout} data-tone={tone} role={tone === "alarm" ? "alert" : undefined}>
      <Icon size={17} aria-hidden />
      <div>
        {title && <strong className={classes.title}>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** Why the server refused, where it did. */
export function Refusal({ error }: { error: Error | null }) {
  return error && <Callout tone="alarm">{error.message}</Callout>;
}
