import { Upload } from "lucide-react";
import { useDataset } from "@/api/datasets";
import { useImports } from "@/api/imports";
import type { Import } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { StatusTag, Tag } from "@/ui/Tag";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { count } from "@/ui/values";
import { When } from "@/ui/When";
import { FORMAT_WORDS, wordFor } from "@/ui/words";
import { ImportForm } from "./ImportForm";
import { ImportReport } from "./ImportReport";

/** A file in, and what became of it. Which import is shown stands in the address. */
export default function ImportsPage() {
  const id = useDatasetId();
  const { data: dataset } = useDataset(id);
  const list = useImports(id);
  const [{ shown }, change] = useUrlFilter(["shown"] as const);
  const latest = shown ? Number(shown) : (list.rows[0]?.id ?? null);
  const show = (one: Import) => change({ shown: String(one.id) });
  return (
    <Page
      title="Import"
      lead="All or nothing: rows with mistakes are listed, and then nothing is kept. Try a dry run first."
    >
      {dataset && <ImportForm dataset={dataset} onStarted={show} />}
      {latest !== null && <ImportReport key={latest} dataset={id} id={latest} />}
      <Card title="Imports" flush>
        <Loaded answer={list}>
          {() =>
            list.rows.length > 0 ? (
              <DataTable label="Imports" rows={list.rows} columns={columns(show)} keyOf={(one) => one.id} />
            ) : (
              <Notice icon={Upload} title="No imports yet">
                The first file may be a CSV, a JSONL file, or a zip of images.
              </Notice>
            )
          }
        </Loaded>
        <More list={list} />
      </Card>
    </Page>
  );
}

const columns = (show: (one: Import) => void): Column<Import>[] => [
  {
    name: "File",
    cell: (one) => (
      <button type="button" className="link" onClick={() => show(one)}>
        {one.file_name}
      </button>
    ),
  },
  { name: "Outcome", cell: (one) => <StatusTag status={one.status} /> },
  { name: "Format", cell: (one) => (one.dry_run ? <Tag>dry run</Tag> : wordFor(FORMAT_WORDS, one.format)) },
  { name: "Items", isNumber: true, cell: (one) => count(one.counts.items ?? 0) },
  { name: "Mistakes", isNumber: true, cell: (one) => count(one.counts.errors ?? one.errors?.length ?? 0) },
  { name: "Started", cell: (one) => <When at={one.created_at} /> },
];
