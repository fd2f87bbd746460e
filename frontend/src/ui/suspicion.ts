import type { Flag, Value } from "@/api/types";
import { classesOf, isPart, type Part, partsOf, samePart, samePlace, without } from "./parts";

type Doubt = Pick<Flag, "kind" | "part" | "given" | "suggested"> & {
  item: Pick<Flag["item"], "label">;
};

/** A flag about boxes or spans: those it doubts, those it would have instead, and all others of the label. */
export type PartDoubt = { given: Part[]; suggested: Part[]; others: Part[] };

/** A flag about classes of a list: the one in doubt, and what the suggestion adds and takes away. */
export type ClassDoubt = { name: string | null; classes: string[]; add: string[]; remove: string[] };

/** Of these a suggestion of nothing means that the flagged part should go. */
const SURPLUS = ["spurious_label", "duplicate_annotation"];

export const suggestsRemoval = ({ kind, part, given, suggested }: Doubt) =>
  suggested == null && given != null && part != null && SURPLUS.includes(kind);

/** Whether there is something to accept. */
export const hasSuggestion = (flag: Doubt) => flag.suggested != null || suggestsRemoval(flag);

/** Null where the flag is about a whole item, or about classes. */
export function partDoubt({ part, given, suggested, item }: Doubt): PartDoubt | null {
  if (!isPlace(part) && !isPart(given) && !isPart(suggested)) return null;
  const doubted = { given: partsOf(given), suggested: partsOf(suggested) };
  const rest = without(partsOf(item.label), doubted.given, samePart);
  return { ...doubted, others: without(rest, doubted.suggested, samePart) };
}

const isPlace = (part: Value) =>
  typeof part === "object" && part !== null && ("bbox" in part || "start" in part);

/** Null where the flag is not about a list of classes. */
export function classDoubt(flag: Doubt): ClassDoubt | null {
  const name = classOf(flag.part);
  if (name === null && !Array.isArray(flag.given)) return null;
  if (name === null && partsOf(flag.given).length > 0) return null;
  const classes = classesOf(Array.isArray(flag.given) ? flag.given : flag.item.label);
  return { name, classes, ...classChange(flag, classes, name) };
}

function classOf(part: Value): string | null {
  if (typeof part === "string") return part;
  const named = typeof part === "object" && part !== null && "class" in part ? part.class : null;
  return typeof named === "string" ? named : null;
}

function classChange({ kind, suggested }: Doubt, classes: string[], name: string | null) {
  const same = (a: string, b: string) => a === b;
  if (Array.isArray(suggested)) {
    const wanted = classesOf(suggested);
    return { add: without(wanted, classes, same), remove: without(classes, wanted, same) };
  }
  if (name === null) return { add: [], remove: [] };
  return {
    add: kind === "missing_label" || suggested === name ? [name].filter((one) => !classes.includes(one)) : [],
    remove: kind === "spurious_label" ? [name].filter((one) => classes.includes(one)) : [],
  };
}

/** The flagged part under another class; null where the flag is not about one part. */
export function relabelled(flag: Doubt, label: string): Part | null {
  const doubt = partDoubt(flag);
  if (!doubt) return null;
  const [at, ...more] = doubt.given.length > 0 ? doubt.given : doubt.suggested;
  return at && more.length === 0 ? { ...at, label } : null;
}

/** What a corrected label now has where the flag saw something wrong; empty where it was taken out. */
export function accepted({ given, suggested }: PartDoubt, corrected: Value): Part[] {
  const places = [...given, ...suggested];
  return partsOf(corrected).filter((part) => places.some((place) => samePlace(part, place)));
}
