import { Modal } from "@mantine/core";
import type { Dataset } from "@/api/types";
import { ValueChip } from "@/ui/ValueChip";
import classes from "./Review.module.css";

/** The classes and what is written about the dataset. */
export function GuidelineDialog({
  opened,
  dataset,
  onClose,
}: {
  opened: boolean;
  dataset: Dataset;
  onClose: () => void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Guideline">
      <p className={classes.dialogText}>
        No guideline has been written for this dataset yet. These are its classes:
      </p>
      <div className={classes.chips}>
        {dataset.classes.map((name) => (
          <ValueChip key={name} value={name} />
        ))}
      </div>
      {dataset.note && <p className={classes.dialogText}>{dataset.note}</p>}
    </Modal>
  );
}
