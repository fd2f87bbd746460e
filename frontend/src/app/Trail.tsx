import { ChevronRight } from "lucide-react";
import { Link } from "react-router";
import { useDataset } from "@/api/datasets";
import classes from "./Shell.module.css";

/** Where one is: the dataset's name beside the mark. */
export function Trail({ dataset }: { dataset: number }) {
  const { data } = useDataset(dataset);
  if (!data) return null;
  return (
    <nav className={classes.trail} aria-label="You are here">
      <ChevronRight size={14} aria-hidden />
      <Link to={`/datasets/${dataset}`}>{data.name}</Link>
    </nav>
  );
}
