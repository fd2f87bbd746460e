import { Button } from "@mantine/core";
import { Snowflake, Tag as TagIcon } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useDataset } from "@/api/datasets";
import type { Version } from "@/api/types";
import { useVersions } from "@/api/versions";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { count } from "@/ui/values";
import { When } from "@/ui/When";
import { Downloads } from "./Downloads";
import { FreezeDialog } from "./FreezeDialog";
import { Hash } from "./Hash";
import classes from "./Versions.module.css";

export default function VersionsPage() {
  const id = useDatasetId();
  const { data: dataset } = useDataset(id);
  const list = useVersions(id);
  const [isFreezing, setFreezing] = useState(false);
  const freeze = dataset?.abilities.includes("version") && (
    <Button leftSection={<Snowflake size={16} aria-hidden />} onClick={() => setFreezing(true)}>
      Freeze a version
    </Button>
  );
  return (
    <Page
      title="Versions"
      lead="Named states of the whole dataset. A frozen version never changes, byte for byte."
      actions={freeze}
    >
      <Card flush>
        <Loaded answer={list}>
          {() =>
            list.rows.length > 0 ? (
              <DataTable
                label="Versions"
                rows={list.rows}
                columns={columns(list.rows)}
                keyOf={(one) => one.id}
              />
            ) : (
              <Notice icon={TagIcon} title="No version yet">
                Freeze the labels as they are now, and later ones can be compared with it.
              </Notice>
            )
          }
        </Loaded>
        <More list={list} />
      </Card>
      {isFreezing && (
        <FreezeDialog dataset={id} latest={list.rows[0]?.tag} onClose={() => setFreezing(false)} />
      )}
    </Page>
  );
}

/** The version frozen just before this one, to compare with. */
const before = (version: Version, all: Version[]) => all[all.indexOf(version) + 1];

function columns(all: Version[]): Column<Version>[] {
  return [
    {
      name: "Version",
      cell: (one) => (
        <div className={classes.tagCell}>
          <strong className={classes.tag}>{one.tag}</strong>
          {one.note && <span className={classes.faint}>{one.note}</span>}
        </div>
      ),
    },
    { name: "Items", isNumber: true, cell: (one) => count(one.item_count) },
    { name: "SHA-256", cell: (one) => <Hash value={one.sha256} /> },
    {
      name: "Frozen",
      cell: (one) => (
        <span className={classes.nowrap}>
          <When at={one.created_at} /> by {one.created_by.username}
        </span>
      ),
    },
    {
      name: "Actions",
      isNameHidden: true,
      cell: (one) => <Actions version={one} against={before(one, all)} />,
    },
  ];
}

function Actions({ version, against }: { version: Version; against?: Version }) {
  return (
    <div className={classes.actions}>
      {against && (
        <Button component={Link} to={`${version.id}?against=${against.id}`} size="xs" variant="default">
          What changed
        </Button>
      )}
      <Downloads version={version.id} size="xs" />
    </div>
  );
}
