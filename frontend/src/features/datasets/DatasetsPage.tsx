import { Button } from "@mantine/core";
import { Database, Plus } from "lucide-react";
import { Link } from "react-router";
import { useDatasets } from "@/api/datasets";
import { useSession } from "@/api/session";
import type { DatasetRow } from "@/api/types";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Page } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { count, plural } from "@/ui/values";
import { MEDIA_WORDS, ROLE_WORDS, TASK_WORDS } from "@/ui/words";
import classes from "./Datasets.module.css";

export default function DatasetsPage() {
  const list = useDatasets();
  const mayCreate = useSession().data?.can_create_datasets ?? false;
  const create = mayCreate && (
    <Button component={Link} to="/datasets/new" leftSection={<Plus size={16} aria-hidden />}>
      New dataset
    </Button>
  );
  return (
    <Page title="Datasets" lead="Everything that you are a member of." actions={create}>
      <Loaded answer={list}>
        {() => (list.rows.length > 0 ? <Cards datasets={list.rows} /> : <NoDatasets mayCreate={mayCreate} />)}
      </Loaded>
      <More list={list} />
    </Page>
  );
}

function NoDatasets({ mayCreate }: { mayCreate: boolean }) {
  return (
    <Notice icon={Database} title="No datasets yet">
      {mayCreate
        ? "Create one, import a labelled file, and let detection find what is worth a second look."
        : "Once a dataset's owner adds you as a member, it appears here."}
    </Notice>
  );
}

function Cards({ datasets }: { datasets: DatasetRow[] }) {
  return (
    <ul className={classes.grid}>
      {datasets.map((dataset) => (
        <li key={dataset.id}>
          <Link to={`/datasets/${dataset.id}`} className={classes.card}>
            <DatasetCard dataset={dataset} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function DatasetCard({ dataset }: { dataset: DatasetRow }) {
  return (
    <>
      <h2 className={classes.name}>{dataset.name}</h2>
      <p className={classes.kind}>
        {TASK_WORDS[dataset.task_type]} · {MEDIA_WORDS[dataset.media]} · {plural(dataset.item_count, "item")}
      </p>
      <div className={classes.foot}>
        <span className={classes.open}>
          <strong className="number">{count(dataset.open_flags)}</strong> to review
        </span>
        <Tag>{ROLE_WORDS[dataset.role]}</Tag>
      </div>
    </>
  );
}
