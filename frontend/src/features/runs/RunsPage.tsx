import { Button } from "@mantine/core";
import { ScanSearch } from "lucide-react";
import { useDataset } from "@/api/datasets";
import { useRuns, useStartRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { StatusTag } from "@/ui/Tag";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { count, percent } from "@/ui/values";
import { When } from "@/ui/When";
import { RunReport } from "./RunReport";

/** Detection: start it, watch it, see what earlier runs found. */
export default function RunsPage() {
  const id = useDatasetId();
  const { data: dataset } = useDataset(id);
  const list = useRuns(id);
  const start = useStartRun(id);
  const [{ shown }, change] = useUrlFilter(["shown"] as const);
  const latest = shown ? Number(shown) : (list.rows[0]?.id ?? null);
  const show = (run: Run) => change({ shown: String(run.id) });
  const button = dataset?.abilities.includes("run") && (
    <Button
      leftSection={<ScanSearch size={16} aria-hidden />}
      loading={start.isPending}
      disabled={dataset.counts.items === 0}
      onClick={() => start.mutate(undefined, { onSuccess: show })}
    >
      Run detection
    </Button>
  );
  return (
    <Page
      title="Detection"
      lead="Looks in the background for labels that do not fit. A new run replaces open flags and leaves what people answered alone."
      actions={button}
    >
      <Refusal error={start.error} />
      {latest !== null && <RunReport key={latest} dataset={id} id={latest} />}
      <Card title="Runs" flush>
        <Loaded answer={list}>
          {() =>
            list.rows.length > 0 ? (
              <DataTable label="Runs" rows={list.rows} columns={columns(show)} keyOf={(run) => run.id} />
            ) : (
              <Notice icon={ScanSearch} title="No run yet">
                {dataset?.counts.items === 0
                  ? "There are no items to look at; import some first."
                  : "The first run takes seconds on small sets."}
              </Notice>
            )
          }
        </Loaded>
        <More list={list} />
      </Card>
    </Page>
  );
}

const columns = (show: (run: Run) => void): Column<Run>[] => [
  {
    name: "Run",
    cell: (run) => (
      <button type="button" className="link" onClick={() => show(run)}>
        Run {run.id}
      </button>
    ),
  },
  { name: "Outcome", cell: (run) => <StatusTag status={run.status} /> },
  { name: "Flags", isNumber: true, cell: (run) => (run.summary ? count(run.summary.flags) : "—") },
  {
    name: "Labels that look wrong",
    isNumber: true,
    cell: (run) => (run.summary?.error_rate ? percent(run.summary.error_rate.estimate) : "—"),
  },
  { name: "Started", cell: (run) => <When at={run.created_at} /> },
];
