import { Suspense } from "react";
import { NavLink, Outlet, useMatch } from "react-router";
import { useDataset } from "@/api/datasets";
import { ApiError } from "@/api/http";
import type { Dataset } from "@/api/types";
import { Loaded } from "@/ui/Loaded";
import { useDatasetId } from "@/ui/useDatasetId";
import { Waiting } from "@/ui/Waiting";
import { NotFound } from "./NotFound";
import classes from "./Shell.module.css";

type Tab = {
  to: string;
  label: string;
  when?: (dataset: Dataset) => boolean;
  badge?: (dataset: Dataset) => number;
};

const TABS: Tab[] = [
  { to: "", label: "Overview" },
  { to: "review", label: "Review", badge: (dataset) => dataset.open_flags },
  { to: "flags", label: "Flags" },
  { to: "signoff", label: "Sign-off", badge: (dataset) => dataset.counts.corrections.proposed ?? 0 },
  { to: "versions", label: "Versions" },
  { to: "import", label: "Import", when: (dataset) => dataset.abilities.includes("import") },
  { to: "detection", label: "Detection" },
  { to: "audit", label: "Audit log" },
  { to: "members", label: "Members" },
];

/** The tabs of one dataset above its screens; the review screen has the whole window instead. */
export function DatasetFrame() {
  const id = useDatasetId();
  const isReview = useMatch("/datasets/:dataset/review") !== null;
  const dataset = useDataset(id);
  return (
    <>
      {!isReview && dataset.data && <Tabs dataset={dataset.data} />}
      <main id="main" tabIndex={-1} className={isReview ? classes.whole : undefined}>
        {isMissing(dataset.error) ? (
          <NotFound />
        ) : (
          <Suspense fallback={<Waiting />}>
            <Loaded answer={dataset}>{() => <Outlet />}</Loaded>
          </Suspense>
        )}
      </main>
    </>
  );
}

const isMissing = (error: Error | null) => error instanceof ApiError && error.status === 404;

function Tabs({ dataset }: { dataset: Dataset }) {
  return (
    <nav className={classes.tabs} aria-label="Dataset">
      {TABS.filter(({ when }) => !when || when(dataset)).map(({ to, label, badge }) => (
        <NavLink
          key={to}
          to={`/datasets/${dataset.id}${to && `/${to}`}`}
          end={to === ""}
          className={classes.tab}
        >
          {label}
          {badge && badge(dataset) > 0 && <span className={classes.badge}>{badge(dataset)}</span>}
        </NavLink>
      ))}
    </nav>
  );
}
