import { useRef, useState } from "react";
import type { Decision, QueueName } from "@/api/flags";
import type { Dataset } from "@/api/types";
import { useKeys } from "@/ui/useKeys";
import { ActionBar } from "./ActionBar";
import { classKeys, takesClass } from "./actions";
import { ClassPicker } from "./ClassPicker";
import { choiceOf } from "./choice";
import { GuidelineDialog } from "./GuidelineDialog";
import { HelpDialog } from "./HelpDialog";
import { ItemStage } from "./ItemStage";
import { ProblemNotice } from "./ProblemNotice";
import { QueueEnd } from "./QueueEnd";
import classes from "./Review.module.css";
import { ReviewHeader } from "./ReviewHeader";
import { SidePanel } from "./SidePanel";
import { SimilarStrip } from "./SimilarStrip";
import { useActions } from "./useActions";
import { useReview } from "./useReview";

type Dialog = "edit" | "guideline" | "help" | null;
type Props = { dataset: Dataset; queue: QueueName; start: number | null };

/** One item at a time, large, with what is known about it beside it and every answer one key away. */
export function ReviewScreen({ dataset, queue, start }: Props) {
  const review = useReview({ dataset: dataset.id, queue, start });
  const { session, current, dispatch } = review;
  const [dialog, setDialog] = useState<Dialog>(null);
  const [isHidden, setHidden] = useState(false);
  const keymap = useActions();
  const box = useRef<HTMLTextAreaElement>(null);
  const lastDone =
    session.flags.find(({ id }) => id === session.done.at(-1)) ??
    (current?.abilities.includes("undo") ? current : undefined);
  const now = { flag: current, dataset, canUndo: lastDone !== undefined };

  const answer = (decision: Decision) => current && review.answer(current, decision);
  const choose = (name: string) => {
    setDialog(null);
    const choice = current && choiceOf(current, name);
    if (choice) answer(choice);
  };
  const doers: Record<string, () => void> = {
    keep: () => answer({ action: "keep" }),
    take: () => answer({ action: "correct" }),
    edit: () => setDialog("edit"),
    ambiguous: () => answer({ action: "ambiguous" }),
    exclude: () => answer({ action: "exclude" }),
    escalate: () => answer({ action: "escalate" }),
    undo: () => lastDone && review.undo(lastDone),
    comment: () => box.current?.focus(),
    next: () => dispatch({ type: "moved", by: 1 }),
    previous: () => dispatch({ type: "moved", by: -1 }),
    hide: () => setHidden(true),
    guideline: () => setDialog("guideline"),
    help: () => setDialog("help"),
  };
  const act = (id: string) => doers[id]?.();

  useKeys(
    (key) => {
      const action = keymap.actions.find((one) => one.key === key);
      if (action?.when(now)) act(action.id);
      const chosen = classKeys(dataset.classes).get(key);
      if (chosen !== undefined && current?.abilities.includes("correct") && takesClass(now)) choose(chosen);
      return action !== undefined || chosen !== undefined;
    },
    (key) => {
      if (keymap.actions.some((one) => one.id === "hide" && one.key === key)) setHidden(false);
    },
  );

  return (
    <div className={classes.screen}>
      <ReviewHeader dataset={dataset} queue={queue} session={session} onHelp={() => act("help")} />
      {review.problem && <ProblemNotice review={review} />}
      {current ? (
        <div className={classes.work}>
          <div className={classes.middle}>
            <ItemStage flag={current} answered={session.answers[current.id]?.decision} isHidden={isHidden} />
            <SimilarStrip flag={current} isHidden={isHidden} />
          </div>
          <SidePanel
            key={current.id}
            flag={current}
            dataset={dataset}
            answered={session.answers[current.id]?.decision}
            isHidden={isHidden}
            draft={session.drafts[current.id] ?? ""}
            onDraft={(text) => dispatch({ type: "drafted", id: current.id, text })}
            onComment={(text) => review.comment(current, text)}
            onChoose={choose}
            boxRef={box}
          />
        </div>
      ) : (
        <QueueEnd review={review} dataset={dataset} queue={queue} />
      )}
      <ActionBar actions={keymap.actions} now={now} onAct={act} />
      <ClassPicker
        opened={dialog === "edit"}
        dataset={dataset}
        flag={current}
        onChoose={choose}
        onClose={() => setDialog(null)}
      />
      <GuidelineDialog opened={dialog === "guideline"} dataset={dataset} onClose={() => setDialog(null)} />
      <HelpDialog
        opened={dialog === "help"}
        dataset={dataset}
        keymap={keymap}
        onClose={() => setDialog(null)}
      />
    </div>
  );
}
