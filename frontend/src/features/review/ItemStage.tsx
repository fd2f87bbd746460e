import type { FlagDetail } from "@/api/types";
import { FeatureTable } from "@/ui/FeatureTable";
import { Tag } from "@/ui/Tag";
import { KIND_WORDS, wordFor } from "@/ui/words";
import { ImageStage } from "./ImageStage";
import classes from "./Review.module.css";

/** The item itself, as large as the screen allows. */
export function ItemStage({ flag }: { flag: FlagDetail }) {
  const { item } = flag;
  return (
    <section className={classes.stage} aria-label={`Item ${item.external_id}`}>
      <header className={classes.stageHead}>
        <strong>{item.external_id}</strong>
        <Tag>{wordFor(KIND_WORDS, flag.kind)}</Tag>
        {item.split && <span className={classes.faint}>{item.split}</span>}
      </header>
      {item.image_url ? <ImageStage item={item} /> : <WordsStage flag={flag} />}
    </section>
  );
}

function WordsStage({ flag: { item } }: { flag: FlagDetail }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must scroll by keyboard too.
    <section className={classes.words} tabIndex={0} aria-label="Content of the item">
      {item.text !== null && <p className={classes.text}>{item.text}</p>}
      {item.features && <FeatureTable features={item.features} />}
    </section>
  );
}
