import { Undo2 } from "lucide-react";
import type { RefObject } from "react";
import type { Decision } from "@/api/flags";
import type { Dataset, FlagDetail } from "@/api/types";
import { Callout } from "@/ui/Callout";
import { StateTag } from "@/ui/Tag";
import { takesClass } from "./actions";
import { ClassGrid } from "./ClassGrid";
import { LabelPair } from "./LabelPair";
import classes from "./Review.module.css";
import { Thread } from "./Thread";
import { VoteList } from "./VoteList";
import { decisionText } from "./wording";

type Props = {
  flag: FlagDetail;
  dataset: Dataset;
  answered?: Decision;
  isHidden: boolean;
  draft: string;
  onDraft: (text: string) => void;
  onComment: (text: string) => Promise<void>;
  onChoose: (value: string) => void;
  boxRef: RefObject<HTMLTextAreaElement | null>;
};

/** What is known about the item: labels, reasons for the suspicion, votes, the thread. */
export function SidePanel({ flag, dataset, answered, isHidden, ...thread }: Props) {
  return (
    <aside className={classes.panel} aria-label="About this item">
      {answered && (
        <p className={classes.answered}>
          {decisionText(flag, answered)} {flag.item.external_id}
        </p>
      )}
      {!answered && flag.state !== "open" && <StateTag state={flag.state} />}
      {flag.state === "returned" && <Returned flag={flag} />}
      <div className={isHidden ? classes.hidden : undefined}>
        <LabelPair flag={flag} answered={answered} />
        {flag.abilities.includes("correct") && takesClass({ flag, dataset, canUndo: false }) && (
          <ClassGrid dataset={dataset} flag={flag} onChoose={thread.onChoose} />
        )}
        <Why flag={flag} />
        <VoteList flag={flag} />
      </div>
      <Thread flag={flag} {...thread} />
    </aside>
  );
}

function Returned({ flag }: { flag: FlagDetail }) {
  const verdict = flag.correction?.signoffs.findLast((one) => one.verdict === "reject");
  return (
    <Callout tone="warm" icon={Undo2} title="Sent back for another look">
      {verdict
        ? `${verdict.signer.username}: ${verdict.comment || "no reason given"}`
        : "The correction was not approved."}
    </Callout>
  );
}

function Why({ flag }: { flag: FlagDetail }) {
  if (flag.evidence.length === 0) return null;
  return (
    <section className={classes.block}>
      <h2 className={classes.blockTitle}>Why it was flagged</h2>
      <ul className={classes.why}>
        {flag.evidence.map((one) => (
          <li key={`${one.detector}:${one.text}`}>{one.text}</li>
        ))}
      </ul>
    </section>
  );
}
