import { NativeSelect } from "@mantine/core";
import { Lock, ScrollText } from "lucide-react";
import { useAudit } from "@/api/audit";
import { useMembers } from "@/api/members";
import type { AuditEvent } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { When } from "@/ui/When";
import { AUDIT_WORDS, SUBJECT_WORDS, wordFor } from "@/ui/words";
import classes from "./Audit.module.css";

const FILTERS = ["actor", "action"] as const;

const ACTIONS = Object.entries(AUDIT_WORDS).map(([value, label]) => ({ value, label }));

export default function AuditPage() {
  const dataset = useDatasetId();
  const [filter, change] = useUrlFilter(FILTERS);
  const list = useAudit(dataset, filter);
  const people = useMembers(dataset).rows.map(({ user }) => user.username);
  return (
    <Page
      title="Audit log"
      lead="Everything that was done here, in order. A sealed line is chained to the one before it: changing it later would show."
    >
      <search className={classes.filters}>
        <NativeSelect
          aria-label="By whom"
          data={[{ value: "", label: "By anyone" }, ...people]}
          value={filter.actor ?? ""}
          onChange={(event) => change({ actor: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label="What was done"
          data={[{ value: "", label: "Anything done" }, ...ACTIONS]}
          value={filter.action ?? ""}
          onChange={(event) => change({ action: event.currentTarget.value })}
        />
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
  const entries = Object.entries(event.payload).filter(([, value]) => value !== null && value !== "");
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
  { name: "What", width: "180px", cell: (event) => wordFor(AUDIT_WORDS, event.action) },
  {
    name: "On",
    width: "130px",
    cell: (event) => `${SUBJECT_WORDS[event.subject.type] ?? event.subject.type} ${event.subject.id}`,
  },
  { name: "Details", cell: (event) => <Payload event={event} /> },
];
