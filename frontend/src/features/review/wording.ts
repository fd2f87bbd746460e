import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { isPart } from "@/ui/parts";
import { valueText } from "@/ui/values";

const PAST: Record<Decision["action"], string> = {
  keep: "Kept the label of",
  correct: "Corrected",
  ambiguous: "Marked as ambiguous:",
  exclude: "Excluded",
  escalate: "Escalated",
};

/** The start of a sentence about a decision, to be followed by the item's name. */
export function decisionText({ suggested }: FlagDetail, { action, value }: Decision) {
  if (action !== "correct") return PAST[action];
  if (isPart(value)) return `Chose ${value.label} for`;
  const chosen = value ?? suggested;
  return typeof chosen === "string" ? `Chose ${valueText(chosen)} for` : "Took the suggestion for";
}
