import { Button } from "@mantine/core";
import { useDataset } from "@/api/datasets";
import { type ExportFormat, exportAddress } from "@/api/versions";
import { useDatasetId } from "@/ui/useDatasetId";
import { FORMAT_WORDS, wordFor } from "@/ui/words";

const ALWAYS: ExportFormat[] = ["jsonl", "csv"];
/** The format of their field for the labels that have one. */
const BESIDE: Record<string, ExportFormat[]> = { boxes: ["coco"], spans: ["conll"] };

/** The files that a version can be had as. */
export function Downloads({ version, size }: { version: number; size?: "xs" }) {
  const { data: dataset } = useDataset(useDatasetId());
  return [...ALWAYS, ...(BESIDE[dataset?.task_type ?? ""] ?? [])].map((format) => (
    <Button
      key={format}
      component="a"
      href={exportAddress(version, format)}
      download
      size={size}
      variant="default"
    >
      {wordFor(FORMAT_WORDS, format)}
    </Button>
  ));
}
