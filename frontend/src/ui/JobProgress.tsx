import type { ReactNode } from "react";
import classes from "./JobProgress.module.css";
import { StatusTag } from "./Tag";
import { percent } from "./values";
import { wordFor } from "./words";

type Job = { status: string; stage: string; progress: number };
type Props = { job: Job; title: ReactNode; actions?: ReactNode; children?: ReactNode };

/** A job in the background: how far it is while it runs, how it ended after. */
export function JobProgress({ job, title, actions, children }: Props) {
  const isLive = job.status === "queued" || job.status === "running";
  return (
    <div className={classes.job}>
      <div className={classes.head}>
        <strong className={classes.title}>{title}</strong>
        <StatusTag status={job.status} />
        {actions && <span className={classes.actions}>{actions}</span>}
      </div>
      {isLive && (
        <>
          <div
            className={classes.track}
            role="progressbar"
            aria-label="Progress"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.round(100 * job.progress)}
          >
            <span style={{ width: `${100 * job.progress}%` }} />
          </div>
          <p className={classes.stage}>
            {job.stage ? wordFor({}, job.stage) : "Starting"} · {percent(job.progress)}
          </p>
        </>
      )}
      {children}
    </div>
  );
}
