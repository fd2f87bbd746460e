import { useDocumentTitle } from "@mantine/hooks";
import { useEffect } from "react";
import { useSearchParams } from "react-router";
import { useDataset } from "@/api/datasets";
import type { QueueName } from "@/api/flags";
import { useDatasetId } from "@/ui/useDatasetId";
import { prepareStage } from "./ItemStage";
import { preparePair } from "./LabelPair";
import { ReviewScreen } from "./ReviewScreen";

const QUEUES: QueueName[] = ["priority", "unsure", "random"];

/** One sitting per queue and starting flag: another address starts afresh. */
export default function ReviewPage() {
  const id = useDatasetId();
  const [params] = useSearchParams();
  const { data: dataset } = useDataset(id);
  const queue = QUEUES.find((name) => name === params.get("queue")) ?? "priority";
  const start = params.get("flag") ? Number(params.get("flag")) : null;
  useDocumentTitle(`Review · ${dataset?.name ?? ""} · LabelReview`);
  useEffect(() => {
    if (dataset) Promise.all([prepareStage(dataset.task_type), preparePair(dataset.task_type)]);
  }, [dataset]);
  if (!dataset) return null;
  return <ReviewScreen key={`${id}:${queue}:${start}`} dataset={dataset} queue={queue} start={start} />;
}
