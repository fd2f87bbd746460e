import { VisuallyHidden } from "@mantine/core";
import { ArrowRight } from "lucide-react";
import type { Value } from "@/api/types";
import { changeText, listChange } from "./changes";
import { isPart } from "./parts";
import { Tag } from "./Tag";
import { type Tone, ValueChip } from "./ValueChip";
import { plural } from "./values";

type LabelState = { value: Value; status: string };
type Props = { before: LabelState | null; after: LabelState; text?: string | null };

/** What a label was and what it became, or would become; of lists only what differs. */
export function BeforeAfter({ before, after, text }: Props) {
  const change = before && after.status === "labelled" ? listChange(before.value, after.value) : null;
  return (
    <span style={{ display: "inline-flex", flexWrap: "wrap", alignItems: "center", gap: 8 }}>
      {before ? (
        <Chips values={change?.removed ?? [before.value]} tone="given" text={text} />
      ) : (
        <Tag>new</Tag>
      )}
      <VisuallyHidden>becomes</VisuallyHidden>
      <ArrowRight size={15} color="var(--ink-faint)" aria-hidden />
      {after.status === "excluded" ? (
        <Tag tone="bad">excluded</Tag>
      ) : (
        <Chips values={change?.added ?? [after.value]} tone="accepted" text={text} />
      )}
      {after.status === "ambiguous" && <Tag tone="warm">ambiguous</Tag>}
      {change && <Rest {...change} />}
    </span>
  );
}

type ChipsProps = { values: Value[]; tone: Tone; text?: string | null };

function Chips({ values, tone, text }: ChipsProps) {
  if (values.length === 0) return <Tag>{tone === "given" ? "nothing there" : "removed"}</Tag>;
  return values.map((value, i) => <ValueChip key={i} value={value} tone={tone} text={text} />);
}

/** The one change in words, and how much of the label stays as it is. */
function Rest({
  removed: [before],
  removed,
  added: [after],
  added,
  kept,
}: ReturnType<typeof listChange> & object) {
  const isOne = removed.length === 1 && added.length === 1 && isPart(before) && isPart(after);
  const words = [isOne && changeText(before, after), kept > 0 && `${plural(kept, "other")} unchanged`];
  return <span style={{ color: "var(--ink-faint)" }}>{words.filter(Boolean).join(" · ")}</span>;
}
