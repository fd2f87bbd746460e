import { Kbd } from "@mantine/core";
import type { Dataset, FlagDetail } from "@/api/types";
import { classKeys } from "./actions";
import { roleOf } from "./choice";
import classes from "./Review.module.css";

const SHOWN = 12;

/** The classes with their number keys, where they are few; the picker behind [E] knows all. */
export function ClassGrid({
  dataset,
  flag,
  onChoose,
}: {
  dataset: Dataset;
  flag: FlagDetail;
  onChoose: (value: string) => void;
}) {
  if (dataset.classes.length > SHOWN) return null;
  const keys = new Map([...classKeys(dataset.classes)].map(([key, name]) => [name, key]));
  return (
    <fieldset className={classes.classes}>
      <legend className={classes.blockTitle}>Choose a label</legend>
      {dataset.classes.map((name) => (
        <button
          key={name}
          type="button"
          className={classes.class}
          data-role={roleOf(flag, name)}
          aria-keyshortcuts={keys.get(name)}
          onClick={() => onChoose(name)}
        >
          {keys.get(name) !== name && <Kbd className={classes.key}>{keys.get(name) ?? "E"}</Kbd>}
          {name}
        </button>
      ))}
    </fieldset>
  );
}
