import { Flag as FlagIcon } from "lucide-react";
import { Link } from "react-router";
import { type FlagFilter, useFlags } from "@/api/flags";
import type { Flag } from "@/api/types";
import { type Column, DataTable } from "@/ui/DataTable";
import { ItemPeek } from "@/ui/ItemPeek";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Notice } from "@/ui/Notice";
import { Card, Page } from "@/ui/Page";
import { StateTag } from "@/ui/Tag";
import { useDatasetId } from "@/ui/useDatasetId";
import { useUrlFilter } from "@/ui/useUrlFilter";
import { KIND_WORDS, wordFor } from "@/ui/words";
import { FILTERS, type Filter, FlagFilters } from "./FlagFilters";
import { FlagGiven, FlagSuggested } from "./FlagValues";

export default function FlagsPage() {
  const dataset = useDatasetId();
  const [filter, change] = useUrlFilter(FILTERS);
  const list = useFlags(dataset, queryOf(filter));
  return (
    <Page title="Flags" lead="Every suspicion, the most suspicious first. Open one to answer it.">
      <FlagFilters dataset={dataset} filter={filter} change={change} />
      <Card flush>
        <Loaded answer={list}>
          {() =>
            list.rows.length > 0 ? (
              <DataTable label="Flags" rows={list.rows} columns={COLUMNS} keyOf={(flag) => flag.id} />
            ) : (
              <Notice icon={FlagIcon} title="No flag matches">
                Loosen the filters, or run detection to look for more.
              </Notice>
            )
          }
        </Loaded>
        <More list={list} />
      </Card>
    </Page>
  );
}

/** What stands in the address is the person's to write: the server says so where it is not a filter. */
function queryOf({ min_score, ...filter }: Filter) {
  const least = min_score === undefined ? undefined : Number(min_score);
  return { ordering: "-priority", ...filter, min_score: least } as FlagFilter;
}

const COLUMNS: Column<Flag>[] = [
  {
    name: "Item",
    cell: (flag) => (
      <Link
        to={`../review?flag=${flag.id}`}
        relative="path"
        style={{ color: "inherit", textDecoration: "none" }}
      >
        <ItemPeek item={flag.item} />
      </Link>
    ),
  },
  { name: "Suspicion", cell: (flag) => wordFor(KIND_WORDS, flag.kind) },
  { name: "Given", cell: (flag) => <FlagGiven flag={flag} /> },
  { name: "Suggested", cell: (flag) => <FlagSuggested flag={flag} /> },
  { name: "Score", isNumber: true, cell: (flag) => flag.score.toFixed(2) },
  { name: "State", cell: (flag) => <StateTag state={flag.state} /> },
];
