import { Kbd, NativeSelect } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import type { QueueName } from "@/api/flags";
import type { Dataset } from "@/api/types";
import { count, plural } from "@/ui/values";
import classes from "./Review.module.css";
import type { Session } from "./session";

const QUEUES: { value: QueueName; label: string }[] = [
  { value: "priority", label: "Most suspicious first" },
  { value: "unsure", label: "Escalated" },
  { value: "random", label: "In random order" },
];

type Props = { dataset: Dataset; queue: QueueName; session: Session; onHelp: () => void };

export function ReviewHeader({ dataset, queue, session, onHelp }: Props) {
  const [, setParams] = useSearchParams();
  const { decided, total } = dataset.progress;
  const answered = session.done.length;
  return (
    <div className={classes.head}>
      <h1 className={classes.headTitle}>Review</h1>
      <NativeSelect
        aria-label="Queue"
        size="xs"
        data={QUEUES}
        value={queue}
        onChange={(event) => setParams({ queue: event.currentTarget.value })}
      />
      <div
        className={classes.track}
        role="progressbar"
        aria-label="Flags answered"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={Math.min(decided + answered, total)}
      >
        <span style={{ width: `${total > 0 ? Math.min(100, (100 * (decided + answered)) / total) : 0}%` }} />
      </div>
      <Pace answered={answered} remaining={session.remaining} />
      <button type="button" className={classes.help} onClick={onHelp} aria-keyshortcuts="?">
        <Kbd className={classes.key}>?</Kbd> Keys
      </button>
    </div>
  );
}

/** How many are left and, once a few are answered, how fast it goes. */
function Pace({ answered, remaining }: { answered: number; remaining: number | null }) {
  const began = useRef(Date.now());
  const [perHour, setPerHour] = useState(0);
  useEffect(() => {
    const hours = (Date.now() - began.current) / 3_600_000;
    setPerHour(answered >= 3 ? Math.round(answered / hours) : 0);
  }, [answered]);
  const parts = [
    `${count(answered)} answered`,
    remaining !== null && `${count(remaining)} left`,
    perHour > 0 && `${count(perHour)} an hour`,
    perHour > 0 && remaining ? timeLeft(remaining / perHour) : "",
  ];
  return <p className={classes.pace}>{parts.filter(Boolean).join(" · ")}</p>;
}

function timeLeft(hours: number) {
  if (hours >= 1) return `${plural(Math.round(hours), "hour")} to go`;
  return `${plural(Math.max(1, Math.round(hours * 60)), "minute")} to go`;
}
