import type { Decision } from "@/api/flags";
import type { FlagDetail, Value } from "@/api/types";
import { isPart, type Part, samePart } from "@/ui/parts";
import { partDoubt, relabelled } from "@/ui/suspicion";

/** The answer that a class is, where classes can be chosen: of the whole label, or of the one flagged part. */
export function choiceOf(flag: FlagDetail, name: string): Decision | null {
  const doubt = partDoubt(flag);
  if (!doubt) return name === flag.given ? { action: "keep" } : { action: "correct", value: name };
  const value = relabelled(flag, name);
  if (!value) return null;
  if (isOnly(doubt.given, value)) return { action: "keep" };
  return isOnly(doubt.suggested, value) ? { action: "correct" } : { action: "correct", value };
}

const isOnly = (parts: Part[], part: Part) => parts.length === 1 && parts.every((one) => samePart(one, part));

/** Whether a class is the one that is given, or the suggested one. */
export function roleOf({ given, suggested }: FlagDetail, name: string) {
  if (labelOf(given) === name) return "given";
  return labelOf(suggested) === name ? "suggested" : undefined;
}

const labelOf = (value: Value) => (isPart(value) ? value.label : value);
