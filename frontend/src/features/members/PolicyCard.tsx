import { Alert, NativeSelect } from "@mantine/core";
import { useChangeDataset } from "@/api/datasets";
import type { Dataset, Policy } from "@/api/types";
import { Card } from "@/ui/Page";
import { POLICY_WORDS } from "@/ui/words";
import classes from "./Members.module.css";

const POLICIES = Object.entries(POLICY_WORDS).map(([value, label]) => ({ value, label }));

/** Who must agree before a label changes. */
export function PolicyCard({ dataset, mayChange }: { dataset: Dataset; mayChange: boolean }) {
  const change = useChangeDataset(dataset.id);
  return (
    <Card title="Sign-off">
      {mayChange ? (
        <NativeSelect
          aria-label="Sign-off policy"
          className={classes.policy}
          data={POLICIES}
          value={dataset.signoff_policy}
          disabled={change.isPending}
          onChange={(event) => change.mutate({ signoff_policy: event.currentTarget.value as Policy })}
        />
      ) : (
        POLICY_WORDS[dataset.signoff_policy]
      )}
      {change.error && (
        <Alert color="red" role="alert" mt="md">
          {change.error.message}
        </Alert>
      )}
    </Card>
  );
}
