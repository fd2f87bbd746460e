import { Modal, TextInput } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import type { Dataset, FlagDetail } from "@/api/types";
import { roleOf } from "./choice";
import classes from "./Review.module.css";

type Props = {
  opened: boolean;
  dataset: Dataset;
  flag: FlagDetail | null;
  onChoose: (value: string) => void;
  onClose: () => void;
};

/** Every class, narrowed by typing, chosen by Enter. */
export function ClassPicker({ opened, onClose, ...list }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Choose the label" size="sm">
      <ClassList {...list} />
    </Modal>
  );
}

function ClassList({ dataset, flag, onChoose }: Omit<Props, "opened" | "onClose">) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const found = dataset.classes.filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const chosen = found[active];
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setActive((active + step + found.length) % Math.max(found.length, 1));
    }
    if (event.key === "Enter" && chosen !== undefined) onChoose(chosen);
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-controls="classes"
        aria-activedescendant={chosen === undefined ? undefined : `class-${active}`}
        aria-label="Narrow the classes"
        placeholder="Type to narrow, Enter to choose"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <div id="classes" role="listbox" aria-label="Classes" className={classes.options}>
        {found.map((name, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field above has the keys of this list.
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text field.
          <div
            key={name}
            id={`class-${i}`}
            role="option"
            aria-selected={i === active}
            className={classes.option}
            onClick={() => onChoose(name)}
          >
            {name}
            {flag && <span className={classes.faint}>{roleOf(flag, name)}</span>}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={classes.faint}>No class is called so.</p>}
    </>
  );
}
