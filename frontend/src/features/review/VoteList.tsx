import type { FlagDetail } from "@/api/types";
import { sameValue } from "@/ui/parts";
import { ValueChip } from "@/ui/ValueChip";
import classes from "./Review.module.css";

/** What each annotator said. */
export function VoteList({ flag: { votes, given, item } }: { flag: FlagDetail }) {
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
              tone={sameValue(vote.value, given) ? "given" : "plain"}
              text={item.text}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
