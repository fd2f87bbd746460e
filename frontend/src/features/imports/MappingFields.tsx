import { NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Media } from "@/api/types";
import classes from "./Imports.module.css";

const HEAD_BYTES = 64_000;

const FIELDS: { key: string; label: string; media?: Media }[] = [
  { key: "id", label: "Id column" },
  { key: "text", label: "Text column", media: "text" },
  { key: "image", label: "Image column", media: "image" },
  { key: "label", label: "Label column" },
  { key: "annotator", label: "Annotator column" },
];

/** The column names in the first line of a delimited file; good enough to offer them, the server reads for real. */
export function columnsOf(head: string) {
  const line = head.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0] ?? "";
  const delimiter = [",", ";", "\t", "|"].reduce((best, one) =>
    line.split(one).length > line.split(best).length ? one : best,
  );
  return line.split(delimiter).map((name) => name.trim().replace(/^"|"$/g, ""));
}

type Props = {
  file: File;
  media: Media;
  mapping: Record<string, string>;
  onChange: (mapping: Record<string, string>) => void;
};

/** Says which column holds what, where a table's names do not say it themselves. */
export function MappingFields({ file, media, mapping, onChange }: Props) {
  const [columns, setColumns] = useState<string[]>([]);
  const isTable = /\.(csv|tsv|txt)$/i.test(file.name);
  useEffect(() => {
    if (isTable)
      file
        .slice(0, HEAD_BYTES)
        .text()
        .then((head) => setColumns(columnsOf(head)));
  }, [file, isTable]);
  if (columns.length < 2) return null;
  const choose = (key: string, column: string) => {
    const { [key]: _, ...rest } = mapping;
    onChange(column ? { ...rest, [key]: column } : rest);
  };
  return (
    <fieldset className={classes.mapping}>
      <legend className={classes.legend}>Columns</legend>
      {FIELDS.filter((field) => !field.media || field.media === media).map(({ key, label }) => (
        <NativeSelect
          key={key}
          label={label}
          data={[{ value: "", label: "Guess from the name" }, ...columns]}
          value={mapping[key] ?? ""}
          onChange={(event) => choose(key, event.currentTarget.value)}
        />
      ))}
    </fieldset>
  );
}
