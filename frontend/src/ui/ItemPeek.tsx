import type { Item } from "@/api/types";
import classes from "./ItemPeek.module.css";

type Props = { item: Pick<Item, "external_id" | "thumbnail_url" | "text" | "features"> };

function featureText(features: object) {
  return Object.entries(features)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
}

/** An item in a row of a list: a small picture or the start of its text, and its name. */
export function ItemPeek({ item }: Props) {
  const words = item.text ?? (item.features ? featureText(item.features) : "");
  return (
    <span className={classes.peek}>
      {item.thumbnail_url && <img src={item.thumbnail_url} alt="" width={40} height={40} loading="lazy" />}
      <span className={classes.words}>
        <span className={`${classes.name}`}>{item.external_id}</span>
        {words && (
          <span className={classes.text} dir="auto">
            {words}
          </span>
        )}
      </span>
    </span>
  );
}
