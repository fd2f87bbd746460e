import { Suspense } from "react";
import type { Decision } from "@/api/flags";
import type { FlagDetail, Value } from "@/api/types";
import { later } from "@/ui/later";
import { sameValue } from "@/ui/parts";
import { classDoubt, partDoubt } from "@/ui/suspicion";
import { valueText } from "@/ui/values";
import { ClassPair } from "./ClassPair";
import { chosenParts } from "./doubt";
import { LabelBox } from "./LabelBox";
import classes from "./Review.module.css";

const PartPair = later(() => import("./PartPair"));

/** Fetches the code that shows labels of this sort, before the first item is there. */
export const preparePair = (taskType: string) =>
  ["boxes", "spans"].includes(taskType) ? PartPair.load() : Promise.resolve();

/** Given and suggested side by side; once answered with a value, that value in green. */
export function LabelPair({ flag, answered }: { flag: FlagDetail; answered?: Decision }) {
  return (
    <div className={classes.pair}>
      <Suspense fallback={null}>
        <Pair flag={flag} answered={answered} />
      </Suspense>
    </div>
  );
}

function Pair({ flag, answered }: { flag: FlagDetail; answered?: Decision }) {
  const parts = partDoubt(flag);
  if (parts) return <PartPair flag={flag} doubt={parts} chosen={chosenParts(flag, parts, answered)} />;
  const chosen = chosenValue(flag, answered);
  const ofClasses = classDoubt(flag);
  if (ofClasses) return <ClassPair doubt={ofClasses} chosen={chosen} />;
  return (
    <>
      <LabelBox tone="given" name="Given" by={votersFor(flag, flag.given)}>
        <LabelText flag={flag} value={flag.given} />
      </LabelBox>
      {flag.suggested != null && (
        <LabelBox tone="suggested" name="Suggested" by={votersFor(flag, flag.suggested)}>
          <LabelText flag={flag} value={flag.suggested} />
        </LabelBox>
      )}
      {chosen != null && (
        <LabelBox tone="accepted" name="Chosen">
          <LabelText flag={flag} value={chosen} />
        </LabelBox>
      )}
    </>
  );
}

function LabelText({ flag, value }: { flag: FlagDetail; value: Value }) {
  return <strong className={classes.labelValue}>{valueText(value, flag.item.text)}</strong>;
}

/** What this sitting's answer, or a correction that stands, makes of the whole label; null: nothing does. */
function chosenValue({ suggested, correction }: FlagDetail, answered?: Decision): Value {
  if (answered) return answered.action === "correct" ? (answered.value ?? suggested) : null;
  const stands = correction?.state === "proposed" || correction?.state === "applied";
  return stands ? correction.value : null;
}

const votersFor = (flag: FlagDetail, value: Value) =>
  flag.votes
    .filter((vote) => sameValue(vote.value, value))
    .map((vote) => vote.annotator)
    .join(", ");
