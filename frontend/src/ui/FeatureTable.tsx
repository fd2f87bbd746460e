import classes from "./FeatureTable.module.css";

const shown = (value: unknown) => (value === null || value === "" ? "—" : String(value));

/** One row of a table as a card: a line per column. */
export function FeatureTable({ features }: { features: object }) {
  return (
    <dl className={classes.table}>
      {Object.entries(features).map(([name, value]) => (
        <div key={name} className={classes.row}>
          <dt>{name}</dt>
          <dd className="number">{shown(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
