import { Kbd } from "@mantine/core";
import type { ReviewAction, Situation } from "./actions";
import classes from "./Review.module.css";

type Props = { actions: ReviewAction[]; now: Situation; onAct: (id: string) => void };

/** The answers, each with its key. What is not possible now stays in its place, greyed. */
export function ActionBar({ actions, now, onAct }: Props) {
  return (
    <div className={classes.bar} role="toolbar" aria-label="Answers">
      {actions
        .filter(({ bar }) => bar)
        .map(({ id, key, label, help, when }) => (
          <button
            key={id}
            type="button"
            className={classes.action}
            data-action={id}
            disabled={!when(now)}
            title={help}
            aria-keyshortcuts={key}
            onClick={() => onAct(id)}
          >
            <Kbd className={classes.key}>{key.toUpperCase()}</Kbd>
            {label}
          </button>
        ))}
    </div>
  );
}
