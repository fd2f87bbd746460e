import { Link } from "react-router";
import type { Dataset } from "@/api/types";
import { Card } from "@/ui/Page";
import { count } from "@/ui/values";
import { KIND_WORDS, wordFor } from "@/ui/words";
import classes from "./Overview.module.css";

/** Open flags by kind, as bars that lead to the list. */
export function FlagCounts({ dataset }: { dataset: Dataset }) {
  const kinds = Object.entries(dataset.counts.flags.by_kind).sort(([, a], [, b]) => b - a);
  const largest = kinds[0]?.[1] ?? 1;
  return (
    <Card title="Open flags by kind">
      {kinds.length === 0 && <p className={classes.aside}>No flag is open.</p>}
      <ul className={classes.bars}>
        {kinds.map(([kind, n]) => (
          <li key={kind}>
            <Link to={`flags?state=open&kind=${kind}`}>
              <span className={classes.barHead}>
                {wordFor(KIND_WORDS, kind)} <b className="number">{count(n)}</b>
              </span>
              <span className={classes.bar} aria-hidden>
                <span style={{ width: `${(100 * n) / largest}%` }} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
