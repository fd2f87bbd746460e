import { Link } from "react-router";
import type { Dataset } from "@/api/types";
import { Card } from "@/ui/Page";
import { count, percent } from "@/ui/values";
import { STATE_WORDS, STATES } from "@/ui/words";
import classes from "./Overview.module.css";

/** How far the review is: one bar by state, each state a way into the list. */
export function ProgressCard({ dataset }: { dataset: Dataset }) {
  const { decided, total, flags_right } = dataset.progress;
  const states = STATES.filter((state) => (dataset.counts.flags.by_state[state] ?? 0) > 0);
  const shown = states.reduce((sum, state) => sum + (dataset.counts.flags.by_state[state] ?? 0), 0);
  return (
    <Card title="Review" aside={total > 0 && `${percent(decided / total)} answered`}>
      <p className={classes.big}>
        <strong>{count(decided)}</strong> of {count(total)} flags answered
      </p>
      <div className={classes.stack} aria-hidden>
        {states.map((state) => (
          <span
            key={state}
            data-state={state}
            style={{ flexGrow: (dataset.counts.flags.by_state[state] ?? 0) / Math.max(shown, 1) }}
          />
        ))}
      </div>
      <ul className={classes.legend}>
        {states.map((state) => (
          <li key={state}>
            <Link to={`flags?state=${state}`}>
              <span className={classes.dot} data-state={state} aria-hidden />
              {STATE_WORDS[state]}{" "}
              <b className="number">{count(dataset.counts.flags.by_state[state] ?? 0)}</b>
            </Link>
          </li>
        ))}
      </ul>
      {flags_right !== null && decided > 0 && (
        <p className={classes.aside}>
          {percent(flags_right)} of the answered flags were about a label that needed a change.
        </p>
      )}
    </Card>
  );
}
