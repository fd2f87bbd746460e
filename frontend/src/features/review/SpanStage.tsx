import { VisuallyHidden } from "@mantine/core";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { isSpan } from "@/ui/parts";
import { partText } from "@/ui/values";
import { chosenParts, doubtOrAll, rolesOf } from "./doubt";
import { Legend } from "./Legend";
import classes from "./Parts.module.css";
import review from "./Review.module.css";
import { type Mark, ROLE_NAMES, type Role, type Segment, segmentsOf } from "./segments";

type Props = { flag: FlagDetail; answered?: Decision; isHidden: boolean };

/** From the inside out: what a stretch of text is wrapped in. */
const NESTING: Role[] = ["given", "accepted", "suggested", "other"];

/** The text with its spans marked; what is flagged is scrolled to. */
export default function SpanStage({ flag, answered, isHidden }: Props) {
  const text = flag.item.text ?? "";
  const marks = useMemo(() => marksOf(flag, answered), [flag, answered]);
  const stretches = useMemo(
    () => segmentsOf(text, marks).map((segment) => <Stretch key={segment.at} segment={segment} />),
    [text, marks],
  );
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (flag.id) scrollToFlagged(box.current);
  }, [flag.id]);
  return (
    <div className={classes.written}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must scroll by keyboard too. */}
      <section ref={box} className={review.words} tabIndex={0} aria-label="Content of the item">
        {!isHidden && <VisuallyHidden component="p">{spoken(marks, text)}</VisuallyHidden>}
        <p className={`${review.text} ${classes.spans}`} dir="auto" data-hidden={isHidden}>
          {stretches}
        </p>
      </section>
      <Legend roles={marks.map(({ role }) => role)} />
    </div>
  );
}

function marksOf(flag: FlagDetail, answered?: Decision): Mark[] {
  const doubt = doubtOrAll(flag);
  return rolesOf(doubt, chosenParts(flag, doubt, answered)).flatMap(({ part, role }) =>
    isSpan(part) ? [{ ...part, role }] : [],
  );
}

/** What a screen reader says first: "given: ORG “Acme”, suggested: PER “Acme”". */
function spoken(marks: Mark[], text: string) {
  const flagged = marks.filter(({ role }) => role !== "other");
  return flagged.map((mark) => `${ROLE_NAMES[mark.role]}: ${partText(mark, text)}`).join(", ");
}

function Stretch({ segment: { text, marks, begins } }: { segment: Segment }) {
  const roles = NESTING.filter((role) => marks.some((mark) => mark.role === role));
  const marked = roles.reduce<ReactNode>(
    (inner, role) => (
      <span className={classes.span} data-role={role}>
        {inner}
      </span>
    ),
    text,
  );
  return (
    <>
      {begins.map((mark, i) => (
        <bdi key={`${mark.role}${i}`} className={classes.spanName} data-role={mark.role} aria-hidden>
          {mark.role === "other" ? mark.label : `${ROLE_NAMES[mark.role]}: ${mark.label}`}
        </bdi>
      ))}
      {marked}
    </>
  );
}

/** The box alone scrolls, and not the page around it. */
function scrollToFlagged(box: HTMLElement | null) {
  const flagged = box?.querySelector<HTMLElement>(`[data-role]:not([data-role="other"])`);
  if (!box || !flagged) return;
  const top = flagged.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
  box.scrollTop = top - box.clientHeight / 2;
}
