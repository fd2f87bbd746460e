import { Checkbox } from "@mantine/core";
import { Link } from "react-router";
import type { Correction } from "@/api/types";
import { BeforeAfter } from "@/ui/BeforeAfter";
import { ItemPeek } from "@/ui/ItemPeek";
import { plural } from "@/ui/values";
import { When } from "@/ui/When";
import type { Group } from "./groups";
import classes from "./SignOff.module.css";

type Props = {
  group: Group;
  picked: ReadonlySet<number>;
  onPick: (ids: number[], isPicked: boolean) => void;
};

/** The same change proposed for several items: judged together, or one by one. */
export function CorrectionGroup({ group, picked, onPick }: Props) {
  const { sample, corrections } = group;
  const signable = corrections.filter((one) => one.abilities.includes("approve")).map((one) => one.id);
  const chosen = signable.filter((id) => picked.has(id)).length;
  return (
    <section className={classes.group} aria-label={plural(corrections.length, "correction")}>
      <header className={classes.groupHead}>
        <Checkbox
          aria-label="Choose the whole group"
          disabled={signable.length === 0}
          checked={signable.length > 0 && chosen === signable.length}
          indeterminate={chosen > 0 && chosen < signable.length}
          onChange={(event) => onPick(signable, event.currentTarget.checked)}
        />
        <BeforeAfter before={sample.before} after={sample.after} text={sample.item.text} />
        <span className={classes.faint}>{plural(corrections.length, "item")}</span>
      </header>
      <ul className={classes.rows}>
        {corrections.map((one) => (
          <Row key={one.id} correction={one} isPicked={picked.has(one.id)} onPick={onPick} />
        ))}
      </ul>
    </section>
  );
}

type RowProps = { correction: Correction; isPicked: boolean; onPick: Props["onPick"] };

function Row({ correction, isPicked, onPick }: RowProps) {
  const { id, item, author, reason, created_at, flag, dataset, abilities } = correction;
  const maySign = abilities.includes("approve");
  return (
    <li className={classes.row}>
      <Checkbox
        aria-label={`Choose ${item.external_id}`}
        disabled={!maySign}
        checked={isPicked}
        onChange={(event) => onPick([id], event.currentTarget.checked)}
      />
      <Link to={`/datasets/${dataset}/review?flag=${flag}`} className={classes.item}>
        <ItemPeek item={item} />
      </Link>
      <p className={classes.reason}>{reason || <span className={classes.faint}>No reason written</span>}</p>
      <span className={classes.faint}>
        {author.username} · <When at={created_at} />
        {!maySign && <span className={classes.line}>waits for someone else</span>}
      </span>
    </li>
  );
}
