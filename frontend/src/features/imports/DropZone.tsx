import { FileUp } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { count } from "@/ui/values";
import classes from "./Imports.module.css";

const ACCEPTED = ".csv,.tsv,.jsonl,.ndjson,.json,.zip,.txt,.conll,.bio,.npz";
const KB = 1000;

function sizeText(bytes: number) {
  return bytes < KB * KB ? `${count(Math.ceil(bytes / KB))} kB` : `${count(Math.round(bytes / KB / KB))} MB`;
}

/** Takes a file by drop, by click, or by keyboard. */
export function DropZone({ file, onFile }: { file: File | null; onFile: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) onFile(dropped);
  };
  return (
    <label
      className={classes.drop}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <FileUp size={24} aria-hidden />
      <span className={classes.dropText}>
        {file ? (
          <>
            <strong>{file.name}</strong> {sizeText(file.size)}. Drop or choose another to replace it.
          </>
        ) : (
          <>
            <strong>Drop a file here, or choose one</strong> CSV, JSONL, or a zip of images with or without
            rows
          </>
        )}
      </span>
      <input
        ref={input}
        type="file"
        accept={ACCEPTED}
        className={classes.file}
        aria-label="File to import"
        onChange={(event) => event.currentTarget.files?.[0] && onFile(event.currentTarget.files[0])}
      />
    </label>
  );
}
