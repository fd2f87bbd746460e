import { Button } from "@mantine/core";
import { Inbox, Keyboard, ScanSearch, Upload } from "lucide-react";
import { Link } from "react-router";
import { useDataset } from "@/api/datasets";
import type { Dataset } from "@/api/types";
import { Loaded } from "@/ui/Loaded";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { plural } from "@/ui/values";
import { MEDIA_WORDS, POLICY_WORDS, TASK_WORDS } from "@/ui/words";
import { ConfusionCard } from "./ConfusionCard";
import { FlagCounts } from "./FlagCounts";
import { HealthCard } from "./HealthCard";
import classes from "./Overview.module.css";
import { ProgressCard } from "./ProgressCard";

export default function OverviewPage() {
  const answer = useDataset(useDatasetId());
  return <Loaded answer={answer}>{(dataset) => <Overview dataset={dataset} />}</Loaded>;
}

function Overview({ dataset }: { dataset: Dataset }) {
  const { name, task_type, media, signoff_policy, counts } = dataset;
  const lead = `${TASK_WORDS[task_type]} · ${MEDIA_WORDS[media]} · ${POLICY_WORDS[signoff_policy]}`;
  const isEmpty = counts.items === 0;
  return (
    <Page title={name} lead={lead} actions={!isEmpty && <MainAction dataset={dataset} />}>
      {isEmpty ? <NothingYet dataset={dataset} /> : <Figures dataset={dataset} />}
    </Page>
  );
}

function MainAction({ dataset }: { dataset: Dataset }) {
  if (dataset.open_flags === 0) return null;
  return (
    <Button component={Link} to="review" size="md" leftSection={<Keyboard size={17} aria-hidden />}>
      Review {plural(dataset.open_flags, "flag")}
    </Button>
  );
}

function NothingYet({ dataset }: { dataset: Dataset }) {
  const mayImport = dataset.abilities.includes("import");
  const action = mayImport && (
    <Button component={Link} to="import" leftSection={<Upload size={16} aria-hidden />}>
      Import a file
    </Button>
  );
  return (
    <Card>
      <Notice icon={Inbox} title="No items yet" actions={action}>
        {mayImport
          ? "Import a CSV, a JSONL file or a zip of images with their labels to begin."
          : "A lead of this dataset can import a labelled file."}
      </Notice>
    </Card>
  );
}

function NotDetectedYet({ dataset }: { dataset: Dataset }) {
  const mayRun = dataset.abilities.includes("run");
  const action = mayRun && (
    <Button component={Link} to="detection" leftSection={<ScanSearch size={16} aria-hidden />}>
      Run detection
    </Button>
  );
  return (
    <Card>
      <Notice icon={ScanSearch} title="Nothing has been checked yet" actions={action}>
        {mayRun
          ? "Detection looks for labels that do not fit and puts the most suspicious first."
          : "A lead of this dataset can start detection."}
      </Notice>
    </Card>
  );
}

function Figures({ dataset }: { dataset: Dataset }) {
  const hasFlags = Object.values(dataset.counts.flags.by_state).some((n) => n > 0);
  const isUnchecked = !hasFlags && !dataset.health;
  return (
    <div className={classes.grid}>
      <div className={classes.column}>
        {isUnchecked ? <NotDetectedYet dataset={dataset} /> : <ProgressCard dataset={dataset} />}
        {hasFlags && <ConfusionCard dataset={dataset} />}
      </div>
      <div className={classes.column}>
        {!isUnchecked && <HealthCard dataset={dataset} />}
        {hasFlags && <FlagCounts dataset={dataset} />}
        <AboutCard dataset={dataset} />
      </div>
    </div>
  );
}

function AboutCard({ dataset: { counts, classes: names, note } }: { dataset: Dataset }) {
  const facts = [
    plural(counts.items, "item"),
    `${plural(counts.labelled, "label")}`,
    plural(names.length, "class", "classes"),
    plural(counts.annotations, "opinion"),
    plural(counts.annotators, "annotator"),
    plural(counts.versions, "version"),
  ];
  return (
    <Card title="About the data">
      <ul className={classes.facts}>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      {note && <p className={classes.note}>{note}</p>}
    </Card>
  );
}
