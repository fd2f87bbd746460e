import { Button, Kbd, Modal } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import type { Dataset } from "@/api/types";
import { classKeys } from "./actions";
import classes from "./Review.module.css";
import { objection, type useActions } from "./useActions";

type Props = {
  opened: boolean;
  dataset: Dataset;
  keymap: ReturnType<typeof useActions>;
  onClose: () => void;
};

/** Every key and what it does. A click on a key waits for another one to take its place. */
export function HelpDialog({ opened, onClose, ...list }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="lg">
      <KeyList {...list} />
    </Modal>
  );
}

function KeyList({ dataset, keymap }: Omit<Props, "opened" | "onClose">) {
  const [waiting, setWaiting] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const digits = dataset.task_type === "multilabel" ? [] : [...classKeys(dataset.classes).keys()];
  const take = (event: KeyboardEvent) => {
    if (waiting === null || ["Tab", "Shift"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const key = event.key.toLowerCase();
    const why = key === "escape" ? null : objection(keymap.actions, waiting, key);
    setProblem(why);
    if (why) return;
    if (key !== "escape") keymap.rebind(waiting, key);
    setWaiting(null);
  };
  return (
    <div onKeyDownCapture={take}>
      <dl className={classes.keys}>
        {keymap.actions.map(({ id, key, label, help }) => (
          <div key={id}>
            <dt>
              <button
                type="button"
                className={classes.rebind}
                aria-label={`Change the key of ${label}, now ${key.toUpperCase()}`}
                aria-pressed={waiting === id}
                onClick={() => setWaiting(waiting === id ? null : id)}
              >
                <Kbd>{waiting === id ? "…" : key.toUpperCase()}</Kbd>
              </button>
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
      <div className={classes.keysFoot}>
        <span role="status" className={classes.faint}>
          {problem ?? (waiting ? "Press the new key, or Escape." : "Click a key to change it.")}
        </span>
        <Button size="xs" variant="default" onClick={keymap.reset}>
          As they were
        </Button>
      </div>
    </div>
  );
}
