import type { Dataset, FlagDetail } from "@/api/types";
import { hasSuggestion, relabelled } from "@/ui/suspicion";

export type Situation = { flag: FlagDetail | null; dataset: Dataset; canUndo: boolean };

export type ReviewAction = {
  id: string;
  key: string;
  label: string;
  help: string;
  when: (now: Situation) => boolean;
  /** Where its button stands: in the bar under the item, or nowhere (a key alone). */
  bar?: boolean;
};

const may =
  (ability: string) =>
  ({ flag }: Situation) =>
    flag?.abilities.includes(ability) ?? false;

/** Whether an answer can be one class: of the item, or of the one part that the flag is about. */
export const takesClass = ({ flag, dataset }: Situation) =>
  dataset.task_type === "classification" || (flag !== null && relabelled(flag, "") !== null);

/** The one table of what a reviewer can do: buttons, shortcuts, help and tests all read it. */
export const ACTIONS: ReviewAction[] = [
  { id: "keep", key: "q", label: "Keep", help: "The given label is right", when: may("keep"), bar: true },
  {
    id: "take",
    key: "w",
    label: "Take suggestion",
    help: "The suggested label is right",
    when: (now) => may("correct")(now) && now.flag !== null && hasSuggestion(now.flag),
    bar: true,
  },
  {
    id: "edit",
    key: "e",
    label: "Edit",
    help: "Choose another label",
    when: (now) => may("correct")(now) && takesClass(now),
    bar: true,
  },
  {
    id: "ambiguous",
    key: "a",
    label: "Ambiguous",
    help: "More than one label fits",
    when: may("ambiguous"),
    bar: true,
  },
  {
    id: "exclude",
    key: "x",
    label: "Exclude",
    help: "Leave the item out of versions",
    when: may("exclude"),
    bar: true,
  },
  {
    id: "escalate",
    key: "n",
    label: "Unsure",
    help: "Hand it to an expert",
    when: may("escalate"),
    bar: true,
  },
  {
    id: "undo",
    key: "z",
    label: "Undo",
    help: "Take the last answer back",
    when: ({ canUndo }) => canUndo,
    bar: true,
  },
  { id: "comment", key: "c", label: "Comment", help: "Write a note or a comment", when: may("comment") },
  {
    id: "next",
    key: "j",
    label: "Next",
    help: "Next item, without an answer",
    when: ({ flag }) => flag !== null,
  },
  { id: "previous", key: "k", label: "Previous", help: "Previous item", when: () => true },
  {
    id: "hide",
    key: "h",
    label: "Hide labels",
    help: "Hold: look at the item without its labels",
    when: () => true,
  },
  { id: "guideline", key: "g", label: "Guideline", help: "Classes and guideline", when: () => true },
  { id: "help", key: "?", label: "Keys", help: "This list", when: () => true },
];

/**
 * The number key of each class. Classes that are digits themselves keep their own digit, so that 3 means "3";
 * others are counted from 1, as far as the keys go.
 */
export function classKeys(classes: string[]): Map<string, string> {
  const isDigits = classes.length > 0 && classes.every((name) => /^\d$/.test(name));
  const keyed = isDigits
    ? classes.map((name) => [name, name])
    : classes.slice(0, 9).map((name, i) => [String(i + 1), name]);
  return new Map(keyed as [string, string][]);
}
