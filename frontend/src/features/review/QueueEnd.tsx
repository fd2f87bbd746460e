import { Button } from "@mantine/core";
import { CircleCheckBig } from "lucide-react";
import { Link } from "react-router";
import type { QueueName } from "@/api/flags";
import type { Dataset } from "@/api/types";
import { Failure, Notice } from "@/ui/Notice";
import { plural } from "@/ui/values";
import { Waiting } from "@/ui/Waiting";
import type { useReview } from "./useReview";

type Props = { review: ReturnType<typeof useReview>; dataset: Dataset; queue: QueueName };

/** What stands in the middle when no item does: still coming, could not come, or all done. */
export function QueueEnd({ review: { session, fetchError, fetchMore }, dataset, queue }: Props) {
  if (fetchError) return <Failure error={fetchError} onRetry={fetchMore} />;
  if (!session.isExhausted) return <Waiting label="Fetching the next items" />;
  const actions = (
    <>
      <Button component={Link} to={`/datasets/${dataset.id}`}>
        To the overview
      </Button>
      <Button variant="default" onClick={fetchMore}>
        Look again
      </Button>
    </>
  );
  return (
    <Notice icon={CircleCheckBig} title="Nothing is waiting in this queue" actions={actions}>
      {session.done.length > 0 && `You answered ${plural(session.done.length, "item")} in this sitting. `}
      {queue === "unsure"
        ? "No escalated items wait for a second opinion."
        : "Every flag has an answer or is in somebody's hands right now."}
    </Notice>
  );
}
