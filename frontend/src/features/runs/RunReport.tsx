import { Button } from "@mantine/core";
import { Link } from "react-router";
import { isLive } from "@/api/jobs";
import { useCancelRun, useRun } from "@/api/runs";
import type { Run, RunSummary } from "@/api/types";
import { JobProgress } from "@/ui/JobProgress";
import { Loaded } from "@/ui/Loaded";
import { Card } from "@/ui/Page";
import { count, percent, plural } from "@/ui/values";
import { KIND_WORDS, NEED_WORDS, wordFor } from "@/ui/words";
import classes from "./Runs.module.css";

// What the server calls the embeddings that need no mention.
const BUILT_IN = "built-in";

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
    const reason = run.error || "It stopped before it was done.";
    return <p className={classes.sentence}>{reason} The flags are as they were before.</p>;
  }
  return <Findings summary={run.summary} dataset={run.dataset} />;
}

function Findings({ summary, dataset }: { summary: RunSummary; dataset: number }) {
  const { estimate, low, high } = summary.error_rate;
  return (
    <>
      <p className={classes.sentence}>
        {plural(summary.flags, "flag")} among {plural(summary.items, "item")}. About {percent(estimate)} of
        the labels look wrong, likely between {percent(low)} and {percent(high)}.
      </p>
      <ul className={classes.found}>
        {Object.entries(summary.by_kind).map(([kind, n]) => (
          <li key={kind}>
            <b className="number">{count(n)}</b> {wordFor(KIND_WORDS, kind)}
          </li>
        ))}
      </ul>
      {summary.warnings?.map(({ code, text }) => (
        <p key={code} className={classes.sentence}>
          {text}
        </p>
      ))}
      {summary.diagnosis && <p className={classes.sentence}>{summary.diagnosis.text}</p>}
      {summary.embedder && summary.embedder !== BUILT_IN && (
        <p className={classes.sentence}>Embeddings: {summary.embedder}.</p>
      )}
      {summary.annotators.length > 0 && (
        <p className={classes.sentence}>
          Estimated to be right:{" "}
          {summary.annotators.map((one) => `${one.annotator} ${percent(one.accuracy)}`).join(" · ")}
        </p>
      )}
      {summary.skipped.map(({ method, needs }) => (
        <p key={method} className={classes.sentence}>
          {wordFor({}, method)} was left out: it needs{" "}
          {needs.map((need) => NEED_WORDS[need] ?? need).join(" and ")}.
        </p>
      ))}
      {summary.flags > 0 && (
        <div>
          <Button component={Link} to={`/datasets/${dataset}/review`}>
            Review them
          </Button>
        </div>
      )}
    </>
  );
}
