import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type Upload, useStartImport } from "@/api/imports";
import type { Dataset, Import } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { Card } from "@/ui/Page";
import { DropZone } from "./DropZone";
import classes from "./Imports.module.css";
import { MappingFields } from "./MappingFields";

const FORMATS = [
  { value: "", label: "Recognise the format" },
  { value: "csv", label: "CSV, one row per item or opinion" },
  { value: "jsonl", label: "JSONL, the canonical rows" },
  { value: "image_folders", label: "Zip of images, a folder per class" },
  { value: "image_rows", label: "Zip of images beside a file of rows" },
  { value: "coco", label: "Zip of images beside a COCO file" },
  { value: "conll", label: "CoNLL, a token a line" },
  { value: "opinions", label: "CSV of opinions on items that are there" },
  { value: "npz", label: "NPZ of probabilities or embeddings of items that are there" },
  { value: "coco_results", label: "COCO results of items that are there" },
];

type Props = { dataset: Dataset; onStarted: (started: Import) => void };

export function ImportForm({ dataset, onStarted }: Props) {
  const start = useStartImport(dataset.id);
  const [file, setFile] = useState<File | null>(null);
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [format, setFormat] = useState<Upload["format"] | "">("");
  const [dryRun, setDryRun] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file) start.mutate({ file, format: format || undefined, mapping, dryRun }, { onSuccess: onStarted });
  };
  return (
    <Card>
      <form onSubmit={submit} className={classes.form}>
        <DropZone file={file} onFile={setFile} />
        {file && (
          <>
            <div className={classes.options}>
              <NativeSelect
                label="Format"
                data={FORMATS}
                value={format}
                onChange={(event) => setFormat(event.currentTarget.value as Upload["format"])}
              />
              <MappingFields
                key={file.name}
                file={file}
                media={dataset.media}
                mapping={mapping}
                onChange={setMapping}
              />
            </div>
            <div className={classes.foot}>
              <Checkbox
                label="Dry run: say what would happen, change nothing"
                checked={dryRun}
                onChange={(event) => setDryRun(event.currentTarget.checked)}
              />
              <Button type="submit" loading={start.isPending}>
                {dryRun ? "Try it" : "Import"}
              </Button>
            </div>
          </>
        )}
        <Refusal error={start.error} />
      </form>
    </Card>
  );
}
