import { Button, Kbd, Textarea } from "@mantine/core";
import { type KeyboardEvent, type RefObject, useState } from "react";
import type { Comment, FlagDetail, HistoryEntry } from "@/api/types";
import { valueText } from "@/ui/values";
import { When } from "@/ui/When";
import { ACTION_WORDS, wordFor } from "@/ui/words";
import classes from "./Review.module.css";

type Props = {
  flag: FlagDetail;
  draft: string;
  onDraft: (text: string) => void;
  onComment: (text: string) => Promise<void>;
  boxRef: RefObject<HTMLTextAreaElement | null>;
};

/** Decisions and comments in one line of time, and the box for more. */
export function Thread({ flag, draft, onDraft, onComment, boxRef }: Props) {
  const [error, setError] = useState<Error | null>(null);
  const post = () => {
    setError(null);
    if (draft.trim()) onComment(draft.trim()).catch(setError);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") boxRef.current?.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) post();
  };
  return (
    <section className={classes.block} aria-label="Thread">
      <h2 className={classes.blockTitle}>Thread{flag.comment_count > 0 && ` (${flag.comment_count})`}</h2>
      <Entries flag={flag} />
      <Textarea
        ref={boxRef}
        aria-label="Note or comment"
        placeholder="Write a note…"
        autosize={false}
        rows={2}
        value={draft}
        error={error?.message}
        onChange={(event) => onDraft(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <div className={classes.boxFoot}>
        <span className={classes.faint}>
          <Kbd className={classes.key}>C</Kbd> to write, Esc to leave. It goes with your answer.
        </span>
        <Button size="xs" variant="default" disabled={!draft.trim()} onClick={post}>
          Post now
        </Button>
      </div>
    </section>
  );
}

function Entries({ flag }: { flag: FlagDetail }) {
  const entries = [
    ...(flag.history ?? []).map((entry) => ({
      at: entry.at,
      key: `h${entry.at}${entry.action}`,
      node: <Event entry={entry} text={flag.item.text} />,
    })),
    ...(flag.comments ?? []).map((one) => ({
      at: one.created_at,
      key: `c${one.id}`,
      node: <Said comment={one} />,
    })),
  ].sort((a, b) => a.at.localeCompare(b.at));
  if (entries.length === 0) return null;
  return (
    <ol className={classes.thread}>
      {entries.map(({ key, node }) => (
        <li key={key}>{node}</li>
      ))}
    </ol>
  );
}

function Event({ entry, text }: { entry: HistoryEntry; text: string | null }) {
  const note = entry.comment || entry.reason;
  return (
    <>
      <span className={classes.entryHead}>
        <b>{entry.by}</b> {wordFor(ACTION_WORDS, entry.action)}
        {entry.action === "correct" && ` to ${valueText(entry.value, text)}`} · <When at={entry.at} />
      </span>
      {note && <p className={classes.said}>{note}</p>}
    </>
  );
}

function Said({ comment }: { comment: Comment }) {
  return (
    <>
      <span className={classes.entryHead}>
        <b>{comment.author.username}</b> · <When at={comment.created_at} />
      </span>
      <p className={classes.said}>{comment.text}</p>
    </>
  );
}
