import { Button, Modal } from "@mantine/core";
import { announce } from "@/ui/Announcer";
import { STATE_WORDS, wordFor } from "@/ui/words";
import classes from "./Review.module.css";
import type { Problem, useReview } from "./useReview";
import { decisionText } from "./wording";

type Review = ReturnType<typeof useReview>;

/** An answer that the server did not take, and what to do about it. The written text is never lost. */
export function ProblemNotice({ review }: { review: Review }) {
  const { problem } = review;
  if (!problem) return null;
  return problem.kind === "conflict" ? (
    <Conflict review={review} problem={problem} />
  ) : (
    <Unsent review={review} problem={problem} />
  );
}

function Conflict({ review, problem }: { review: Review; problem: Extract<Problem, { kind: "conflict" }> }) {
  const { flag } = problem;
  const draft = review.session.drafts[flag.id];
  const look = () => {
    review.dispatch({ type: "wentTo", id: flag.id });
    review.dismiss();
    announce(`Back at ${flag.item.external_id}, as it is now.`);
  };
  return (
    <Modal opened onClose={review.dismiss} title={`${flag.item.external_id} has changed meanwhile`}>
      <p className={classes.dialogText}>
        Someone else answered this item while it was on your screen, so your answer was not recorded. It is
        now: <b>{wordFor(STATE_WORDS, flag.state).toLowerCase()}</b>.
      </p>
      {draft && (
        <>
          <p className={classes.dialogText}>Your note is kept with the item:</p>
          <blockquote className={classes.kept}>{draft}</blockquote>
        </>
      )}
      <div className={classes.dialogFoot}>
        <Button variant="default" onClick={review.dismiss}>
          Carry on here
        </Button>
        <Button onClick={look} data-autofocus>
          Look at it again
        </Button>
      </div>
    </Modal>
  );
}

function Unsent({ review, problem }: { review: Review; problem: Extract<Problem, { kind: "unsent" }> }) {
  const { flag, attempt, error } = problem;
  const again = () => {
    review.dismiss();
    if (attempt === "undo") review.undo(flag);
    else review.answer(flag, attempt);
  };
  const what = attempt === "undo" ? "Taking back the answer to" : decisionText(flag, attempt);
  return (
    <div className={classes.unsent} role="alert">
      <span>
        Not saved: “{what} {flag.item.external_id}”. {error.message}
      </span>
      <Button size="xs" variant="default" onClick={again}>
        Send again
      </Button>
      <Button size="xs" variant="subtle" color="gray" onClick={review.dismiss}>
        Leave it
      </Button>
    </div>
  );
}
