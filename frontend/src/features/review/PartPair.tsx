import type { FlagDetail } from "@/api/types";
import { changeText } from "@/ui/changes";
import { type Box, isBox, type Part, partsOf, samePart } from "@/ui/parts";
import { type PartDoubt, suggestsRemoval } from "@/ui/suspicion";
import { partText, placeText } from "@/ui/values";
import { Outline } from "./BoxStage";
import { cropOf } from "./boxes";
import { LabelBox } from "./LabelBox";
import classes from "./Parts.module.css";
import type { Role } from "./segments";

/** Width over height of a crop. */
const RATIO = 1.6;

type Props = { flag: FlagDetail; doubt: PartDoubt; chosen: Part[] | null };

/** The flagged part and what is suggested in its place, in words and, of boxes, with the picture around them. */
export default function PartPair({ flag, doubt, chosen }: Props) {
  const { given, suggested } = doubt;
  const noun = [...given, ...suggested].some(isBox) ? "box" : "span";
  const all = [...given, ...suggested, ...(chosen ?? [])].filter(isBox);
  const shared = { flag, all };
  return (
    <>
      <LabelBox tone="given" name="Given" by={votersFor(flag, given)}>
        <Content {...shared} parts={given} tone="given" none={`No ${noun} here`} />
      </LabelBox>
      {suggested.length > 0 && (
        <LabelBox tone="suggested" name="Suggested" by={votersFor(flag, suggested)}>
          <Content
            {...shared}
            parts={suggested}
            tone="suggested"
            verb={given.length === 0 ? `Add this ${noun}` : undefined}
            change={changeOf(given, suggested)}
          />
        </LabelBox>
      )}
      {suggestsRemoval(flag) && (
        <LabelBox tone="suggested" name="Suggested">
          <Content {...shared} parts={[]} tone="suggested" none={`Remove this ${noun}`} />
        </LabelBox>
      )}
      {chosen && (
        <LabelBox tone="accepted" name="Chosen">
          <Content
            {...shared}
            parts={chosen}
            tone="accepted"
            none={`The ${noun} is removed`}
            change={changeOf(given, chosen)}
          />
        </LabelBox>
      )}
    </>
  );
}

/** In words, where something becomes something else. */
function changeOf(given: Part[], next: Part[]) {
  const [before, after] = [given[0], next[0]];
  if (!before || !after) return undefined;
  if (given.length === 1 && next.length === 1) return changeText(before, after);
  return `${next.length} instead of ${given.length}`;
}

const votersFor = (flag: FlagDetail, parts: Part[]) =>
  flag.votes
    .filter(({ value }) => parts.length > 0 && parts.every((part) => has(partsOf(value), part)))
    .map(({ annotator }) => annotator)
    .join(", ");

const has = (parts: Part[], part: Part) => parts.some((one) => samePart(one, part));

type ContentProps = {
  flag: FlagDetail;
  parts: Part[];
  all: Box[];
  tone: Role;
  none?: string;
  verb?: string;
  change?: string;
};

function Content({ flag, parts, all, tone, none, verb, change }: ContentProps) {
  const { item } = flag;
  return (
    <>
      {item.image_url && <Crop flag={flag} boxes={parts.filter(isBox)} all={all} tone={tone} />}
      {verb && <span className={classes.verb}>{verb}</span>}
      {parts.length === 0 && <strong className={classes.partName}>{none}</strong>}
      {parts.map((part, i) => (
        <span key={`${partText(part)}${i}`}>
          <strong className={classes.partName}>{part.label}</strong>{" "}
          <bdi className={classes.partPlace}>{placeText(part, item.text)}</bdi>
        </span>
      ))}
      {change && <span className={classes.change}>{change}</span>}
    </>
  );
}

type CropProps = { flag: FlagDetail; boxes: Box[]; all: Box[]; tone: Role };

/** The same piece of the picture on each card, so that they can be compared; the browser has the picture already. */
function Crop({ flag: { item }, boxes, all, tone }: CropProps) {
  if (all.length === 0) return null;
  const area = cropOf(
    all.map(({ bbox }) => bbox),
    RATIO,
  );
  return (
    <svg className={classes.crop} viewBox={area.join(" ")} aria-hidden>
      <image href={item.image_url ?? ""} width={item.width ?? 0} height={item.height ?? 0} />
      {boxes.map((box, i) => (
        <Outline key={`${partText(box)}${i}`} box={box} tone={tone} />
      ))}
    </svg>
  );
}
