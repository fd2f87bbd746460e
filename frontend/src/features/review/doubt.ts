import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { type Part, partsOf, samePart, without } from "@/ui/parts";
import { accepted, type PartDoubt, partDoubt } from "@/ui/suspicion";
import type { Role } from "./segments";

/** The parts that the flag is about; where it is about the item as a whole, all of them are others. */
export const doubtOrAll = (flag: FlagDetail): PartDoubt =>
  partDoubt(flag) ?? { given: [], suggested: [], others: partsOf(flag.item.label) };

/** What the answer of this sitting, or a correction that stands, put in the flagged place; null: nothing did. */
export function chosenParts(flag: FlagDetail, doubt: PartDoubt, answered?: Decision): Part[] | null {
  if (answered) return answered.action === "correct" ? partsOf(answered.value ?? flag.suggested) : null;
  const { correction } = flag;
  const stands = correction?.state === "proposed" || correction?.state === "applied";
  return stands && correction.status === "labelled" ? accepted(doubt, correction.value) : null;
}

/** Every part with what it is, in the order in which they lie on each other; a suggestion that was taken is accepted. */
export function rolesOf(doubt: PartDoubt, chosen: Part[] | null): { part: Part; role: Role }[] {
  const as = (role: Role) => (part: Part) => ({ part, role });
  return [
    ...without(doubt.others, chosen ?? [], samePart).map(as("other")),
    ...doubt.given.map(as("given")),
    ...without(doubt.suggested, chosen ?? [], samePart).map(as("suggested")),
    ...(chosen ?? []).map(as("accepted")),
  ];
}
