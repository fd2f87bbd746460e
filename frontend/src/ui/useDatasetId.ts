import { useParams } from "react-router";

/** The dataset that the address names. */
export function useDatasetId() {
  return Number(useParams().dataset);
}
