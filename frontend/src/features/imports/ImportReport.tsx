import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useCancelImport, useImport } from "@/api/imports";
import { isLive } from "@/api/jobs";
import type { Import, RowError } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { JobProgress } from "@/ui/JobProgress";
import { Loaded } from "@/ui/Loaded";
import { Card } from "@/ui/Page";
import { count, plural, sentence } from "@/ui/values";
import classes from "./Imports.module.css";

/** One import, live while it runs: its progress, its counts, its mistakes by line and column. */
export function ImportReport({ dataset, id }: { dataset: number; id: number }) {
  const answer = useImport(dataset, id);
  const cancel = useCancelImport();
  return (
    <Card>
      <Loaded answer={answer}>
        {(job) => (
          <JobProgress
            job={job}
            title={job.file_name}
            actions={
              isLive(job) && (
                <Button
                  variant="default"
                  size="xs"
                  loading={cancel.isPending}
                  onClick={() => cancel.mutate(job.id)}
                >
                  Cancel
                </Button>
              )
            }
          >
            {!isLive(job) && <Outcome job={job} />}
          </JobProgress>
        )}
      </Loaded>
    </Card>
  );
}

const COUNTED = ["rows", "items", "annotations", "predictions", "images"];

function Outcome({ job }: { job: Import }) {
  const mistakes = job.counts.errors ?? job.errors.length;
  return (
    <>
      <p className={classes.outcome}>{summary(job, mistakes)}</p>
      <dl className={classes.counts}>
        {COUNTED.filter((name) => job.counts[name]).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count(job.counts[name] ?? 0)}</dd>
          </div>
        ))}
      </dl>
      {job.status === "succeeded" && !job.dry_run && (
        <div>
          <Button component={Link} to={`/datasets/${job.dataset}/detection`}>
            Run detection
          </Button>
        </div>
      )}
      {job.errors.length > 0 && <Mistakes errors={job.errors} total={mistakes} />}
    </>
  );
}

function summary(job: Import, mistakes: number) {
  if (job.status === "cancelled") return "Cancelled. Nothing was kept.";
  if (job.status === "failed")
    return `Nothing was imported${mistakes > 0 ? `: ${plural(mistakes, "row needs", "rows need")} a look` : ""}.`;
  if (job.dry_run)
    return mistakes > 0
      ? `A real import would stop at ${plural(mistakes, "mistake")}.`
      : "A real import would go through.";
  return "Everything in the file is in the dataset.";
}

function Mistakes({ errors, total }: { errors: RowError[]; total: number }) {
  return (
    <div className={classes.mistakes}>
      <DataTable
        label="Mistakes"
        rows={errors}
        columns={COLUMNS}
        keyOf={(one) => `${one.line}:${one.column}:${one.detail}`}
      />
      {total > errors.length && (
        <p className={classes.faint}>
          The first {errors.length} of {count(total)}.
        </p>
      )}
    </div>
  );
}

const COLUMNS: Column<RowError>[] = [
  { name: "Line", isNumber: true, width: "80px", cell: (one) => one.line ?? "—" },
  { name: "Column", width: "160px", cell: (one) => one.column || "—" },
  { name: "What is the matter", cell: (one) => sentence(one.detail) },
];
