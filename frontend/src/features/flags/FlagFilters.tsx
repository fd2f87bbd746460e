import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useDataset } from "@/api/datasets";
import { KIND_WORDS, STATE_WORDS, wordFor } from "@/ui/words";
import classes from "./Flags.module.css";

export const FILTERS = ["search", "state", "kind", "given", "suggested", "annotator", "min_score"] as const;
export type Filter = Record<(typeof FILTERS)[number], string | undefined>;
type Props = {
  dataset: number;
  filter: Filter;
  change: (changes: Partial<Record<keyof Filter, string>>) => void;
};

const PAUSE_MS = 250;
const SCORES = ["0.5", "0.7", "0.9", "0.95"];

const choices = (all: string, codes: string[], words: Record<string, string> = {}) => [
  { value: "", label: all },
  ...codes.map((code) => ({ value: code, label: words[code] ?? code })),
];

export function FlagFilters({ dataset, filter, change }: Props) {
  const { data } = useDataset(dataset);
  const search = useDebouncedCallback((text: string) => change({ search: text }), PAUSE_MS);
  const kinds = Object.keys(data?.counts.flags.by_kind ?? {});
  const kindWords = Object.fromEntries(kinds.map((kind) => [kind, wordFor(KIND_WORDS, kind)]));
  const names = data?.classes ?? [];
  const selects = [
    { key: "state", label: "State", data: choices("Any state", Object.keys(STATE_WORDS), STATE_WORDS) },
    { key: "kind", label: "Suspicion", data: choices("Any suspicion", kinds, kindWords) },
    { key: "given", label: "Given label", data: choices("Any given", names) },
    { key: "suggested", label: "Suggested label", data: choices("Any suggested", names) },
    { key: "min_score", label: "Least score", data: choices("Any score", SCORES) },
  ] as const;
  const isFiltered = Object.values(filter).some(Boolean);
  return (
    <search className={classes.filters}>
      <TextInput
        key={filter.search === undefined ? "empty" : "search"}
        className={classes.search}
        aria-label="Search items"
        placeholder="Search in items"
        leftSection={<Search size={15} aria-hidden />}
        defaultValue={filter.search}
        onChange={(event) => search(event.currentTarget.value)}
      />
      {selects.map(({ key, label, data: options }) => (
        <NativeSelect
          key={key}
          aria-label={label}
          data={options}
          value={filter[key] ?? ""}
          onChange={(event) => change({ [key]: event.currentTarget.value })}
        />
      ))}
      {isFiltered && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => change(Object.fromEntries(FILTERS.map((key) => [key, ""])))}
        >
          Clear
        </Button>
      )}
    </search>
  );
}
