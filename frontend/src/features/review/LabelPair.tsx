import { Check } from "lucide-react";
import type { Decision } from "@/api/flags";
import type { FlagDetail, Value } from "@/api/types";
import { valueText } from "@/ui/values";
import classes from "./Review.module.css";

type BoxProps = { tone: "given" | "suggested" | "accepted"; name: string; value: Value; by?: string };

/** Given and suggested side by side; once answered with a value, that value in green. */
export function LabelPair({ flag, answered }: { flag: FlagDetail; answered?: Decision }) {
  const stands = flag.correction?.state === "proposed" || flag.correction?.state === "applied";
  const accepted = answered?.action === "correct" ? answered.value : stands ? flag.correction?.value : null;
  const suggested = flag.suggested !== null && flag.suggested !== undefined;
  return (
    <div className={classes.pair}>
      <LabelBox tone="given" name="Given" value={flag.given} by={votersFor(flag, flag.given)} />
      {suggested && (
        <LabelBox
          tone="suggested"
          name="Suggested"
          value={flag.suggested}
          by={votersFor(flag, flag.suggested)}
        />
      )}
      {accepted != null && <LabelBox tone="accepted" name="Chosen" value={accepted} />}
    </div>
  );
}

const votersFor = (flag: FlagDetail, value: Value) =>
  flag.votes
    .filter((vote) => valueText(vote.value) === valueText(value))
    .map((vote) => vote.annotator)
    .join(", ");

function LabelBox({ tone, name, value, by }: BoxProps) {
  return (
    <div className={`${classes.label} ${classes[tone]}`}>
      <span className={classes.labelName}>
        {tone === "accepted" && <Check size={12} strokeWidth={3} aria-hidden />}
        {name}
      </span>
      <strong className={classes.labelValue}>{valueText(value)}</strong>
      {by && <span className={classes.labelBy}>{by}</span>}
    </div>
  );
}
