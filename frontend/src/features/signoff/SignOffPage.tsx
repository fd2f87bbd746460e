import { Button, Checkbox } from "@mantine/core";
import { FileCheck2 } from "lucide-react";
import { useState } from "react";
import { useProposed } from "@/api/corrections";
import { useDataset } from "@/api/datasets";
import type { Correction } from "@/api/types";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { plural } from "@/ui/values";
import { POLICY_WORDS } from "@/ui/words";
import { CorrectionGroup } from "./CorrectionGroup";
import { groupsOf } from "./groups";
import { SignDialog } from "./SignDialog";
import classes from "./SignOff.module.css";

export type Verdict = "approve" | "reject";

export default function SignOffPage() {
  const id = useDatasetId();
  const list = useProposed(id);
  const policy = useDataset(id).data?.signoff_policy ?? "none";
  return (
    <Page
      title="Sign-off"
      lead={`Corrections that wait for a second person. ${POLICY_WORDS[policy]}; nobody signs their own.`}
    >
      <Loaded answer={list}>{() => <Waiting corrections={list.rows} dataset={id} />}</Loaded>
      <More list={list} />
    </Page>
  );
}

function Waiting({ corrections, dataset }: { corrections: Correction[]; dataset: number }) {
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set());
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const signable = corrections.filter((one) => one.abilities.includes("approve"));
  const chosen = signable.filter((one) => picked.has(one.id));
  const pick = (ids: number[], isPicked: boolean) =>
    setPicked(
      (before) => new Set(isPicked ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))),
    );
  if (corrections.length === 0) return <NothingWaits />;
  return (
    <>
      {signable.length > 0 && (
        <div className={classes.tools}>
          <Checkbox
            label={
              chosen.length > 0
                ? `${plural(chosen.length, "correction")} chosen`
                : `Choose all ${signable.length}`
            }
            checked={chosen.length === signable.length}
            indeterminate={chosen.length > 0 && chosen.length < signable.length}
            onChange={(event) =>
              pick(
                signable.map((one) => one.id),
                event.currentTarget.checked,
              )
            }
          />
          <Button disabled={chosen.length === 0} onClick={() => setVerdict("approve")}>
            Approve…
          </Button>
          <Button variant="default" disabled={chosen.length === 0} onClick={() => setVerdict("reject")}>
            Return…
          </Button>
        </div>
      )}
      {groupsOf(corrections).map((group) => (
        <CorrectionGroup key={group.key} group={group} picked={picked} onPick={pick} />
      ))}
      {verdict && (
        <SignDialog
          dataset={dataset}
          verdict={verdict}
          corrections={chosen}
          onClose={() => setVerdict(null)}
          onSigned={(id) => pick([id], false)}
        />
      )}
    </>
  );
}

function NothingWaits() {
  return (
    <Card>
      <Notice icon={FileCheck2} title="Nothing waits for a signature">
        Corrections appear here once a reviewer has proposed them. Approved ones are part of the next version.
      </Notice>
    </Card>
  );
}
