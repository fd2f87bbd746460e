import { Link } from "react-router";
import { useConfusion } from "@/api/datasets";
import type { Confusion, Dataset, Value } from "@/api/types";
import { Loaded } from "@/ui/Loaded";
import { Card } from "@/ui/Page";
import { ValueChip } from "@/ui/ValueChip";
import { count } from "@/ui/values";
import classes from "./Overview.module.css";

/** Beyond this many classes a grid has no room for names; the largest pairs say more. */
const GRID_CLASSES = 16;
const PAIRS = 12;

/** Which label was given where which is suggested. A click on a cell opens its flags. */
export function ConfusionCard({ dataset }: { dataset: Dataset }) {
  const answer = useConfusion(dataset.id);
  return (
    <Card title="Given → suggested" aside="Select a cell to see its flags">
      <Loaded answer={answer}>
        {(data) => {
          if (data.cells.length === 0)
            return <p className={classes.aside}>No flag suggests another class.</p>;
          const isOfClasses = data.cells.every((cell) => isClass(cell.given) && isClass(cell.suggested));
          return isOfClasses && data.classes.length <= GRID_CLASSES ? (
            <Grid data={data} />
          ) : (
            <Pairs data={data} />
          );
        }}
      </Loaded>
    </Card>
  );
}

const isClass = (value: Value) => typeof value === "string";
const filterOf = (value: Value) => (isClass(value) ? value : JSON.stringify(value));
const addressOf = (given: Value, suggested: Value) =>
  `flags?${new URLSearchParams({ given: filterOf(given), suggested: filterOf(suggested) })}`;

function Grid({ data: { classes: names, cells } }: { data: Confusion }) {
  const counts = new Map(cells.map((cell) => [`${cell.given}\n${cell.suggested}`, cell.count]));
  const largest = Math.max(...cells.map((cell) => cell.count));
  const style = {
    "--longest": `${Math.max(...names.map((name) => name.length)) + 2}ch`,
  } as React.CSSProperties;
  return (
    <div className={classes.scroll}>
      <table className={classes.matrix} style={style}>
        <caption>Rows: the given label. Columns: the suggested label.</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.corner}>
                suggested →<br />
                given ↓
              </span>
            </th>
            {names.map((name) => (
              <th key={name} scope="col" title={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((given) => (
            <tr key={given}>
              <th scope="row" title={given}>
                {given}
              </th>
              {names.map((suggested) => (
                <Cell
                  key={suggested}
                  given={given}
                  suggested={suggested}
                  n={counts.get(`${given}\n${suggested}`) ?? 0}
                  largest={largest}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type CellProps = { given: string; suggested: string; n: number; largest: number };

function Cell({ given, suggested, n, largest }: CellProps) {
  if (n === 0) return <td data-diagonal={given === suggested} />;
  const share = Math.sqrt(n / largest);
  const isHot = share > 0.75;
  return (
    <td>
      <Link
        to={addressOf(given, suggested)}
        className={classes.cell}
        style={
          { "--heat": `${Math.round(isHot ? 80 + 20 * share : 12 + 50 * share)}%` } as React.CSSProperties
        }
        data-hot={isHot}
        aria-label={`${count(n)} given ${given}, suggested ${suggested}`}
      >
        {n}
      </Link>
    </td>
  );
}

function Pairs({ data: { cells } }: { data: Confusion }) {
  const largest = [...cells].sort((a, b) => b.count - a.count).slice(0, PAIRS);
  return (
    <ul className={classes.bars}>
      {largest.map(({ given, suggested, count: n }) => (
        <li key={addressOf(given, suggested)}>
          <Link to={addressOf(given, suggested)}>
            <span className={classes.barHead}>
              <span>
                <ValueChip value={given} tone="given" /> → <ValueChip value={suggested} tone="suggested" />
              </span>
              <b className="number">{count(n)}</b>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
