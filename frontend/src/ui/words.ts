// The words that a screen uses for what the API calls by a code. Wording never blames.

export const KIND_WORDS: Record<string, string> = {
  wrong_class: "Different class likely",
  missing_label: "Label may be missing",
  spurious_label: "Label may be surplus",
  bad_boundary: "Boundary looks off",
  duplicate_annotation: "Annotated twice",
  ambiguous: "Ambiguous",
  out_of_distribution: "Unlike the rest",
  inconsistent_duplicates: "Near-duplicates disagree",
  annotator_disagreement: "Annotators disagree",
  stale_guideline: "Guideline changed since",
  bad_data: "Item looks broken",
  reported: "Reported by a person",
};

export const STATE_WORDS: Record<string, string> = {
  open: "Open",
  escalated: "Escalated",
  returned: "Returned",
  proposed: "Awaiting sign-off",
  kept: "Kept",
  applied: "Corrected",
  superseded: "Superseded",
};

/** What became of a flag, in the order of the way through. */
export const STATES = Object.keys(STATE_WORDS);

export const ACTION_WORDS: Record<string, string> = {
  keep: "kept the label",
  correct: "corrected the label",
  ambiguous: "called it ambiguous",
  exclude: "excluded the item",
  escalate: "was unsure and escalated",
  approve: "approved the correction",
  reject: "returned the correction",
  undo: "took the answer back",
  supersede: "was superseded by a newer run",
};

/** The lines of the audit log. */
export const AUDIT_WORDS: Record<string, string> = {
  "dataset.create": "Created the dataset",
  "dataset.change": "Changed the dataset",
  "member.set": "Set a member's role",
  "member.remove": "Removed a member",
  import: "Imported a file",
  "run.request": "Asked for detection",
  "flags.replace": "Raised flags",
  "flag.report": "Reported an item",
  "flag.keep": "Kept a label",
  "flag.correct": "Corrected a label",
  "flag.ambiguous": "Called an item ambiguous",
  "flag.exclude": "Excluded an item",
  "flag.escalate": "Escalated a flag",
  "flag.undo": "Took an answer back",
  "flag.approve": "Approved a correction",
  "flag.reject": "Returned a correction",
  "label.correction": "Applied a correction",
  "label.undo": "Took a correction back",
  comment: "Commented",
  "version.freeze": "Froze a version",
};

/** What an audit line is about; the rest is called as it is. */
export const SUBJECT_WORDS: Record<string, string> = { detectionrun: "run", importjob: "import" };

export const FORMAT_WORDS: Record<string, string> = {
  csv: "CSV",
  jsonl: "JSONL",
  image_folders: "Images in class folders",
  image_rows: "Images beside rows",
  coco: "COCO",
  coco_results: "COCO results",
  conll: "CoNLL",
  opinions: "Annotators' answers",
  npz: "Arrays (.npz)",
};

/** What a method needs of a dataset. */
export const NEED_WORDS: Record<string, string> = {
  labels: "labels",
  probs: "a model's probabilities",
  predictions: "a model's answers",
  votes: "annotators' answers",
  neighbours: "similar items",
  content: "the items' content",
  space: "the items' features",
  gold: "gold items",
  condition: "the items' content",
  guideline: "labels that say which guideline they follow",
};

export const STATUS_WORDS: Record<string, string> = {
  queued: "Waiting for a worker",
  running: "Running",
  succeeded: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const POLICY_WORDS: Record<string, string> = {
  none: "No sign-off: an answer applies at once",
  second_reviewer: "A second reviewer signs each correction",
  expert: "An expert signs each correction",
};

export const TASK_WORDS: Record<string, string> = {
  classification: "Classification",
  multilabel: "Multi-label",
  spans: "Text spans",
  boxes: "Bounding boxes",
};

export const MEDIA_WORDS: Record<string, string> = { image: "Images", text: "Texts", table: "Table rows" };

export const ROLE_WORDS: Record<string, string> = {
  annotator: "Annotator",
  lead: "Lead",
  expert: "Expert",
  owner: "Owner",
};

/** A code that has no words of its own, made readable: `near_duplicates` → "Near duplicates". */
export function wordFor(words: Record<string, string>, code: string) {
  return words[code] ?? (code.charAt(0).toUpperCase() + code.slice(1)).replaceAll(/[_.]/g, " ");
}
