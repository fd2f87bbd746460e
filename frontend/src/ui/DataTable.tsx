import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Table.module.css";

export type Column<T> = {
  name: string;
  cell: (row: T) => ReactNode;
  isNumber?: boolean;
  /** For a column of buttons, whose name only a screen reader needs. */
  isNameHidden?: boolean;
  width?: string;
};

type Props<T> = { label: string; rows: T[]; columns: Column<T>[]; keyOf: (row: T) => string | number };

/** A plain table that scrolls sideways by itself where the screen is narrow. */
export function DataTable<T>({ label, rows, columns, keyOf }: Props<T>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={classes.scroll} tabIndex={0} aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            {columns.map(({ name, isNumber, isNameHidden, width }) => (
              <th key={name} scope="col" data-number={isNumber || undefined} style={{ width }}>
                {isNameHidden ? <VisuallyHidden>{name}</VisuallyHidden> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, cell, isNumber }) => (
                <td key={name} data-number={isNumber || undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
