import { VisuallyHidden } from "@mantine/core";
import { ArrowRight } from "lucide-react";
import { Tag } from "./Tag";
import { ValueChip } from "./ValueChip";

type LabelState = { value: unknown; status: string };

/** What a label was and what it became, or would become. */
export function BeforeAfter({ before, after }: { before: LabelState | null; after: LabelState }) {
  return (
    <span style={{ display: "inline-flex", flexWrap: "wrap", alignItems: "center", gap: 8 }}>
      {before ? <ValueChip value={before.value} tone="given" /> : <Tag>new</Tag>}
      <VisuallyHidden>becomes</VisuallyHidden>
      <ArrowRight size={15} color="var(--ink-faint)" aria-hidden />
      {after.status === "excluded" ? (
        <Tag tone="bad">excluded</Tag>
      ) : (
        <ValueChip value={after.value} tone="accepted" />
      )}
      {after.status === "ambiguous" && <Tag tone="warm">ambiguous</Tag>}
    </span>
  );
}
