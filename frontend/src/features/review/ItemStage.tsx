import { Suspense } from "react";
import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { FeatureTable } from "@/ui/FeatureTable";
import { later } from "@/ui/later";
import { Tag } from "@/ui/Tag";
import { KIND_WORDS, wordFor } from "@/ui/words";
import { doubtOrAll } from "./doubt";
import { ImageStage } from "./ImageStage";
import classes from "./Review.module.css";

const BoxStage = later(() => import("./BoxStage"));
const SpanStage = later(() => import("./SpanStage"));

/** Fetches the code that shows labels of this sort, before the first item is there. */
export const prepareStage = (taskType: string) =>
  Promise.all([taskType === "boxes" && BoxStage.load(), taskType === "spans" && SpanStage.load()]);

type Props = { flag: FlagDetail; answered?: Decision; isHidden: boolean };

/** The item itself, as large as the screen allows. */
export function ItemStage(props: Props) {
  const { item, kind } = props.flag;
  return (
    <section className={classes.stage} aria-label={`Item ${item.external_id}`}>
      <header className={classes.stageHead}>
        <strong>{item.external_id}</strong>
        <Tag>{wordFor(KIND_WORDS, kind)}</Tag>
        {item.split && <span className={classes.faint}>{item.split}</span>}
      </header>
      <Content {...props} />
    </section>
  );
}

/** With its boxes or spans, where it has any. */
function Content(props: Props) {
  const { item } = props.flag;
  const plain = item.image_url ? <ImageStage item={item} /> : <WordsStage flag={props.flag} />;
  if (!Object.values(doubtOrAll(props.flag)).some((parts) => parts.length > 0)) return plain;
  const Stage = item.image_url ? BoxStage : SpanStage;
  return (
    <Suspense fallback={plain}>
      <Stage {...props} />
    </Suspense>
  );
}

function WordsStage({ flag: { item } }: { flag: FlagDetail }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text must scroll by keyboard too.
    <section className={classes.words} tabIndex={0} aria-label="Content of the item">
      {item.text !== null && (
        <p className={classes.text} dir="auto">
          {item.text}
        </p>
      )}
      {item.features && <FeatureTable features={item.features} />}
    </section>
  );
}
