import { NativeSelect } from "@mantine/core";
import { useChangePolicy } from "@/api/datasets";
import type { Dataset, Policy } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { Card } from "@/ui/Page";
import { POLICY_WORDS } from "@/ui/words";
import classes from "./Members.module.css";

const POLICIES = Object.entries(POLICY_WORDS).map(([value, label]) => ({ value, label }));

/** Who must agree before a label changes. */
export function PolicyCard({ dataset, mayChange }: { dataset: Dataset; mayChange: boolean }) {
  const change = useChangePolicy(dataset.id);
  return (
    <Card title="Sign-off">
      {mayChange ? (
        <NativeSelect
          aria-label="Sign-off policy"
          className={classes.policy}
          data={POLICIES}
          value={dataset.signoff_policy}
          disabled={change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.value as Policy)}
        />
      ) : (
        POLICY_WORDS[dataset.signoff_policy]
      )}
      <Refusal error={change.error} />
    </Card>
  );
}
