import { CopyButton, VisuallyHidden } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import classes from "./Versions.module.css";

const SHOWN = 12;

/** The start of a hash; a click copies the whole. */
export function Hash({ value }: { value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <button type="button" className={classes.hash} onClick={copy} title={value}>
          <VisuallyHidden>Copy the hash</VisuallyHidden>
          <span className="mono">{value.slice(0, SHOWN)}…</span>
          {copied ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
        </button>
      )}
    </CopyButton>
  );
}
