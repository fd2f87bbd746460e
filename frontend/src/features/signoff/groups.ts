import type { Correction } from "@/api/types";
import { listChange } from "@/ui/changes";

export type Group = { key: string; sample: Correction; corrections: Correction[] };

const keyOf = ({ before, after }: Correction) =>
  JSON.stringify([listChange(before.value, after.value) ?? [before.value, after.value], after.status]);

/** Corrections that change the same label into the same other one, or the same part among as many, the largest group first. */
export function groupsOf(corrections: Correction[]): Group[] {
  const groups = new Map<string, Group>();
  for (const correction of corrections) {
    const key = keyOf(correction);
    const group = groups.get(key) ?? { key, sample: correction, corrections: [] };
    group.corrections.push(correction);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.corrections.length - a.corrections.length);
}
