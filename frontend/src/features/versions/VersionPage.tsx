import { Button, NativeSelect } from "@mantine/core";
import { GitCompareArrows } from "lucide-react";
import { Link, useParams } from "react-router";
import type { Change, Version } from "@/api/types";
import { useDiff, useVersion, useVersions } from "@/api/versions";
import { BeforeAfter } from "@/ui/BeforeAfter";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { count } from "@/ui/values";
import { When } from "@/ui/When";
import { wordFor } from "@/ui/words";
import { Downloads } from "./Downloads";
import classes from "./Versions.module.css";

/** One version, and what is different in it from another. */
export default function VersionPage() {
  const id = Number(useParams().version);
  return <Loaded answer={useVersion(id)}>{(version) => <Comparison version={version} />}</Loaded>;
}

function Comparison({ version }: { version: Version }) {
  const all = useVersions(useDatasetId());
  const [{ against }, change] = useUrlFilter(["against"] as const);
  const others = all.rows.filter((one) => one.id !== version.id);
  const chosen = against ? Number(against) : others.find((one) => one.position <= version.position)?.id;
  const select = others.length > 0 && (
    <NativeSelect
      aria-label="Compare with"
      data={others.map((one) => ({ value: String(one.id), label: `Compared with ${one.tag}` }))}
      value={chosen === undefined ? "" : String(chosen)}
      onChange={(event) => change({ against: event.currentTarget.value })}
    />
  );
  return (
    <Page
      title={`Version ${version.tag}`}
      lead={version.note}
      actions={
        <>
          {select}
          <Downloads version={version.id} />
          <Button component={Link} to=".." relative="path" variant="subtle" color="gray">
            All versions
          </Button>
        </>
      }
    >
      {chosen === undefined ? <NothingToCompare /> : <Changes version={version.id} against={chosen} />}
    </Page>
  );
}

function NothingToCompare() {
  return (
    <Card>
      <Notice icon={GitCompareArrows} title="There is no earlier version">
        Once there are two, what changed between them is listed here.
      </Notice>
    </Card>
  );
}

function Changes({ version, against }: { version: number; against: number }) {
  const list = useDiff(version, against);
  return (
    <Card title="What changed" aside={<Counts counts={list.first?.counts} />} flush>
      <Loaded answer={list}>
        {() =>
          list.rows.length > 0 ? (
            <DataTable label="Changes" rows={list.rows} columns={COLUMNS} keyOf={(one) => one.item.id} />
          ) : (
            <Notice icon={GitCompareArrows} title="No label differs" />
          )
        }
      </Loaded>
      <More list={list} />
    </Card>
  );
}

function Counts({ counts = {} }: { counts?: Record<string, number> }) {
  const parts = Object.entries(counts).filter(([, n]) => n > 0);
  return (
    <span className={classes.counts}>
      {parts.map(([name, n]) => `${count(n)} ${wordFor({}, name).toLowerCase()}`).join(" · ")}
    </span>
  );
}

const COLUMNS: Column<Change>[] = [
  { name: "Item", cell: (one) => <strong className="number">{one.item.external_id}</strong> },
  {
    name: "Label",
    cell: (one) => <BeforeAfter before={one.before} after={one.after} text={one.item.text} />,
  },
  { name: "Cause", cell: (one) => wordFor({}, one.cause) },
  { name: "Reason", cell: (one) => one.reason || "—" },
  {
    name: "By",
    cell: (one) => (
      <span className={classes.nowrap}>
        {one.author ?? "—"} · <When at={one.at} />
      </span>
    ),
  },
];
