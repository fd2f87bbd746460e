import { useQueryClient } from "@tanstack/react-query";
import { datasetKey } from "./datasets";
import { http } from "./http";
import { usePages } from "./pages";
import type { Correction } from "./types";

export type Signature = {
  verdict: "approve" | "reject";
  password: string;
  meaning: string;
  comment?: string;
};

export const useCorrections = (dataset: number, state: string) =>
  usePages<Correction>([...datasetKey(dataset), "corrections"], `/datasets/${dataset}/corrections/`, {
    state,
  });

export const sign = (correction: number, signature: Signature) =>
  http.post<Correction>(`/corrections/${correction}/sign/`, signature);

/** After a signature the label, its flag and every count of the dataset may have changed. */
export function useForgetDataset(dataset: number) {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: datasetKey(dataset) });
}
