import type { FlagDetail } from "@/api/types";
import { sameValue } from "@/ui/parts";
import { percent, valueText } from "@/ui/values";
import classes from "./Review.module.css";

/** The most similar items with their labels: what the neighbours say. */
export function SimilarStrip({ flag, isHidden }: { flag: FlagDetail; isHidden: boolean }) {
  const similar = flag.similar ?? [];
  if (similar.length === 0) return null;
  return (
    <section className={classes.similar} aria-label="Similar items">
      <h2 className={classes.stripTitle}>Similar</h2>
      <ul className={classes.strip}>
        {similar.map((one) => (
          <li
            key={one.item_id}
            className={classes.neighbour}
            title={`${one.external_id}, ${percent(one.similarity)} alike`}
          >
            {one.thumbnail_url && <img src={one.thumbnail_url} alt="" loading="lazy" />}
            {one.text && <span className={classes.snippet}>{one.text}</span>}
            <span
              className={classes.neighbourLabel}
              data-same={sameValue(one.label, flag.given)}
              data-hidden={isHidden}
            >
              {valueText(one.label)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
