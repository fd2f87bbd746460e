import { Eye, type LucideIcon, OctagonAlert, ShieldCheck, Wrench } from "lucide-react";
import type { Dataset } from "@/api/types";
import { Card } from "@/ui/Page";
import { percent } from "@/ui/values";
import { When } from "@/ui/When";
import { wordFor } from "@/ui/words";
import classes from "./Overview.module.css";

const GRADE_ICONS: Record<string, LucideIcon> = {
  safe: ShieldCheck,
  watch: Eye,
  act: Wrench,
  broken: OctagonAlert,
};

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
      <div className={classes.health}>
        <Grade grade={grade} />
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

function Grade({ grade }: { grade: string }) {
  const Icon = GRADE_ICONS[grade] ?? Eye;
  return (
    <span className={classes.grade} data-grade={grade}>
      <Icon size={26} strokeWidth={1.8} aria-hidden />
      {wordFor({}, grade)}
    </span>
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
