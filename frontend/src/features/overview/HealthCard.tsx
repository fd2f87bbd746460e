import type { Dataset } from "@/api/types";
import { Card } from "@/ui/Page";
import { percent } from "@/ui/values";
import { When } from "@/ui/When";
import classes from "./Overview.module.css";

/** The estimated share of wrong labels, with the range that it may as well be. */
export function HealthCard({ dataset: { health } }: { dataset: Dataset }) {
  if (!health) {
    return (
      <Card title="Label health">
        <p className={classes.aside}>Known once detection has run.</p>
      </Card>
    );
  }
  const { grade, error_rate, low, high, at } = health;
  return (
    <Card title="Label health" aside={<When at={at} />}>
      <div className={classes.grade}>
        <span className={classes.letter} data-grade={grade.charAt(0)}>
          {grade}
        </span>
        <div>
          <p className={classes.big}>
            <strong>{percent(error_rate)}</strong> of labels look wrong
          </p>
          <Interval low={low} high={high} estimate={error_rate} />
        </div>
      </div>
    </Card>
  );
}

/** The interval on a scale that is a little wider than it. */
function Interval({ low, high, estimate }: { low: number; high: number; estimate: number }) {
  const end = Math.max(high * 1.4, 0.02);
  const at = (share: number) => `${(100 * share) / end}%`;
  return (
    <>
      <div className={classes.interval} aria-hidden>
        <span style={{ left: at(low), right: `calc(100% - ${at(high)})` }} />
        <i style={{ left: at(estimate) }} />
      </div>
      <p className={classes.aside}>
        Likely between {percent(low)} and {percent(high)}
      </p>
    </>
  );
}
