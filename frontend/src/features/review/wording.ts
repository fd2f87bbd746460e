import type { Decision } from "@/api/flags";
import { valueText } from "@/ui/values";

const PAST: Record<Decision["action"], string> = {
  keep: "Kept the label of",
  correct: "Corrected",
  ambiguous: "Marked as ambiguous:",
  exclude: "Excluded",
  escalate: "Escalated",
};

/** The start of a sentence about a decision, to be followed by the item's name. */
export function decisionText({ action, value }: Decision) {
  return action === "correct" ? `Chose ${valueText(value)} for` : PAST[action];
}
