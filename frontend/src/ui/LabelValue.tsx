import type { Value } from "@/api/types";
import { isPart, type Part, partsOf } from "./parts";
import classes from "./Value.module.css";
import { LISTED, partsText, placeText, valueText } from "./values";

/** A label of any task type: a class, several, a box with its place, spans with their words, many parts counted. */
export function LabelValue({ value, text }: { value: Value; text?: string | null }) {
  if (isPart(value)) return <PartValue part={value} text={text} />;
  const parts = partsOf(value);
  if (parts.length === 0) return valueText(value);
  if (parts.length > LISTED) return partsText(parts);
  return (
    <span className={classes.parts}>
      {parts.map((part, i) => (
        <PartValue key={i} part={part} text={text} />
      ))}
    </span>
  );
}

function PartValue({ part, text }: { part: Part; text?: string | null }) {
  return (
    <span>
      {part.label} <bdi className={classes.place}>{placeText(part, text)}</bdi>
    </span>
  );
}
