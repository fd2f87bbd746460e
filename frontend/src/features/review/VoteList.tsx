import type { Value, Vote } from "@/api/types";
import { ValueChip } from "@/ui/ValueChip";
import { valueText } from "@/ui/values";
import classes from "./Review.module.css";

/** What each annotator said. */
export function VoteList({ votes, given }: { votes: Vote[]; given: Value }) {
  if (votes.length === 0) return null;
  return (
    <section className={classes.block}>
      <h2 className={classes.blockTitle}>Votes</h2>
      <ul className={classes.votes}>
        {votes.map((vote) => (
          <li key={vote.annotator}>
            <span>{vote.annotator}</span>
            <ValueChip
              value={vote.value}
              tone={valueText(vote.value) === valueText(given) ? "given" : "plain"}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
