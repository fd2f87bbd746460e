import type { Flag } from "@/api/types";
import { classDoubt, partDoubt, suggestsRemoval } from "@/ui/suspicion";
import { ValueChip } from "@/ui/ValueChip";

/** What is doubted: the flagged part, the flagged class, or the whole label. */
export function FlagGiven({ flag }: { flag: Flag }) {
  if (flag.given == null && partDoubt(flag)) return "nothing there";
  const name = classDoubt(flag)?.name;
  if (!name) return <ValueChip value={flag.given} tone="given" text={flag.item.text} />;
  return classDoubt(flag)?.classes.includes(name) ? (
    <ValueChip value={name} tone="given" />
  ) : (
    `without ${name}`
  );
}

/** What should stand there instead, or that nothing should. */
export function FlagSuggested({ flag }: { flag: Flag }) {
  const doubt = classDoubt(flag);
  const changes = doubt && [
    ...doubt.add.map((name) => `add ${name}`),
    ...doubt.remove.map((name) => `remove ${name}`),
  ];
  if (changes && changes.length > 0) return <ValueChip value={changes} tone="suggested" />;
  if (suggestsRemoval(flag)) return <ValueChip value="remove" tone="suggested" />;
  if (flag.suggested == null) return "—";
  return <ValueChip value={flag.suggested} tone="suggested" text={flag.item.text} />;
}
