import { Kbd, Modal } from "@mantine/core";
import type { Dataset } from "@/api/types";
import { ACTIONS, classKeys } from "./actions";
import classes from "./Review.module.css";

export function HelpDialog({
  opened,
  dataset,
  onClose,
}: {
  opened: boolean;
  dataset: Dataset;
  onClose: () => void;
}) {
  const digits = [...classKeys(dataset.classes).keys()];
  return (
    <Modal opened={opened} onClose={onClose} title="Keys">
      <dl className={classes.keys}>
        {ACTIONS.map(({ id, key, label, help }) => (
          <div key={id}>
            <dt>
              <Kbd>{key.toUpperCase()}</Kbd>
            </dt>
            <dd>
              <b>{label}</b> {help}
            </dd>
          </div>
        ))}
        {digits.length > 0 && (
          <div>
            <dt>
              <Kbd>
                {digits[0]}…{digits.at(-1)}
              </Kbd>
            </dt>
            <dd>
              <b>Choose a class</b> Answers with that class at once
            </dd>
          </div>
        )}
      </dl>
    </Modal>
  );
}
