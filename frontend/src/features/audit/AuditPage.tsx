import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Lock, ScrollText } from "lucide-react";
import { useAudit } from "@/api/audit";
import type { AuditEvent } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { When } from "@/ui/When";
import { wordFor } from "@/ui/words";
import classes from "./Audit.module.css";

const FILTERS = ["actor", "action"] as const;
const PAUSE_MS = 250;

export default function AuditPage() {
  const [filter, change] = useUrlFilter(FILTERS);
  const list = useAudit(useDatasetId(), filter);
  const set = useDebouncedCallback(
    (key: (typeof FILTERS)[number], text: string) => change({ [key]: text.trim() }),
    PAUSE_MS,
  );
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <Page
      title="Audit log"
      lead="Everything that was done here, in order. A sealed line is chained to the one before it: changing it later would show."
    >
      <search className={classes.filters} key={isFiltered ? "some" : "none"}>
        {FILTERS.map((key) => (
          <TextInput
            key={key}
            aria-label={`Filter by ${key}`}
            placeholder={key === "actor" ? "By whom" : "Which action"}
            defaultValue={filter[key]}
            onChange={(event) => set(key, event.currentTarget.value)}
          />
        ))}
        {isFiltered && (
          <Button variant="subtle" color="gray" onClick={() => change({ actor: "", action: "" })}>
            Clear
          </Button>
        )}
      </search>
      <Card flush>
        <Loaded answer={list}>
          {() =>
            list.rows.length > 0 ? (
              <DataTable label="Audit log" rows={list.rows} columns={COLUMNS} keyOf={(event) => event.id} />
            ) : (
              <Notice icon={ScrollText} title="No line matches" />
            )
          }
        </Loaded>
        <More list={list} />
      </Card>
    </Page>
  );
}

function Seal({ event }: { event: AuditEvent }) {
  if (event.position === null) return <span className={classes.unsealed}>in a moment</span>;
  return (
    <span className={classes.seal} title={event.hash ?? ""}>
      <Lock size={12} aria-hidden />
      {event.position} <span className="mono">{event.hash?.slice(0, 8)}</span>
    </span>
  );
}

const brief = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function Payload({ event }: { event: AuditEvent }) {
  const entries = Object.entries(event.payload);
  if (entries.length === 0) return "—";
  return (
    <details className={classes.payload}>
      <summary>{entries.map(([name, value]) => `${name}: ${brief(value)}`).join(" · ")}</summary>
      <pre>{JSON.stringify(event.payload, null, 2)}</pre>
    </details>
  );
}

const COLUMNS: Column<AuditEvent>[] = [
  { name: "Seal", width: "150px", cell: (event) => <Seal event={event} /> },
  { name: "When", width: "130px", cell: (event) => <When at={event.at} /> },
  { name: "By", width: "110px", cell: (event) => event.actor ?? "the system" },
  { name: "What", width: "180px", cell: (event) => wordFor({}, event.action) },
  { name: "On", width: "130px", cell: (event) => `${event.subject.type} ${event.subject.id}` },
  { name: "Details", cell: (event) => <Payload event={event} /> },
];
