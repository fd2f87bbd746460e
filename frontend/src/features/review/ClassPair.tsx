import { Flag, Minus, Plus } from "lucide-react";
import type { Value } from "@/api/types";
import { classesOf } from "@/ui/parts";
import type { ClassDoubt } from "@/ui/suspicion";
import { LabelBox } from "./LabelBox";
import classes from "./Review.module.css";

/** All classes that are given, with the flagged one marked, and which one is to come or to go. */
export function ClassPair({ doubt, chosen }: { doubt: ClassDoubt; chosen: Value }) {
  const { name, add, remove } = doubt;
  return (
    <>
      <LabelBox tone="given" name="Given">
        <Names names={doubt.classes} flagged={name} />
      </LabelBox>
      {add.length + remove.length > 0 && (
        <LabelBox tone="suggested" name="Suggested">
          {add.map((one) => (
            <strong key={one} className={classes.labelValue}>
              <Plus size={16} strokeWidth={3} aria-hidden /> add {one}
            </strong>
          ))}
          {remove.map((one) => (
            <strong key={one} className={classes.labelValue}>
              <Minus size={16} strokeWidth={3} aria-hidden /> remove {one}
            </strong>
          ))}
        </LabelBox>
      )}
      {Array.isArray(chosen) && (
        <LabelBox tone="accepted" name="Chosen">
          <Names names={classesOf(chosen)} flagged={null} />
        </LabelBox>
      )}
    </>
  );
}

function Names({ names, flagged }: { names: string[]; flagged: string | null }) {
  if (names.length === 0) return <strong className={classes.labelValue}>none</strong>;
  return (
    <ul className={classes.classNames}>
      {names.map((name) => (
        <li key={name} data-flagged={name === flagged}>
          {name === flagged && <Flag size={12} strokeWidth={2.5} aria-label="flagged:" role="img" />}
          {name}
        </li>
      ))}
    </ul>
  );
}
