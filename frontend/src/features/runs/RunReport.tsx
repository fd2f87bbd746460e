import { Button } from "@mantine/core";
import { Link } from "react-router";
import { isLive } from "@/api/jobs";
import { useCancelRun, useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { JobProgress } from "@/ui/JobProgress";
import { Loaded } from "@/ui/Loaded";
import { Card } from "@/ui/Page";
import { count, percent, plural } from "@/ui/values";
import { KIND_WORDS, wordFor } from "@/ui/words";
import classes from "./Runs.module.css";

/** One run, live while it runs: progress and cancel; then what it found. */
export function RunReport({ dataset, id }: { dataset: number; id: number }) {
  const answer = useRun(dataset, id);
  const cancel = useCancelRun();
  return (
    <Card>
      <Loaded answer={answer}>
        {(run) => (
          <JobProgress
            job={run}
            title={`Run ${run.id}`}
            actions={
              isLive(run) && (
                <Button
                  variant="default"
                  size="xs"
                  loading={cancel.isPending}
                  onClick={() => cancel.mutate(run.id)}
                >
                  Cancel
                </Button>
              )
            }
          >
            {!isLive(run) && <Outcome run={run} />}
          </JobProgress>
        )}
      </Loaded>
    </Card>
  );
}

function Outcome({ run }: { run: Run }) {
  if (run.status === "cancelled")
    return <p className={classes.sentence}>Cancelled. The flags are as they were before.</p>;
  if (run.status === "failed" || !run.summary) {
    return (
      <p className={classes.sentence}>
        {run.error || "It stopped before it was done. The flags are as they were before."}
      </p>
    );
  }
  const { summary } = run;
  return (
    <>
      <p className={classes.sentence}>
        {plural(summary.flags, "flag")} among {plural(summary.items, "item")}.
        {summary.error_rate &&
          ` About ${percent(summary.error_rate.estimate)} of the labels look wrong, likely between ${percent(
            summary.error_rate.low,
          )} and ${percent(summary.error_rate.high)}.`}
      </p>
      <ul className={classes.found}>
        {Object.entries(summary.by_kind ?? {}).map(([kind, n]) => (
          <li key={kind}>
            <b className="number">{count(n)}</b> {wordFor(KIND_WORDS, kind)}
          </li>
        ))}
      </ul>
      {summary.flags > 0 && (
        <div>
          <Button component={Link} to={`/datasets/${run.dataset}/review`}>
            Review them
          </Button>
        </div>
      )}
    </>
  );
}
