import type { Decision } from "@/api/flags";
import type { FlagDetail } from "@/api/types";
import { type Box, isBox } from "@/ui/parts";
import { partText, plural } from "@/ui/values";
import { namePlace, type Size } from "./boxes";
import { chosenParts, doubtOrAll, rolesOf } from "./doubt";
import { ImageStage } from "./ImageStage";
import { Legend } from "./Legend";
import classes from "./Parts.module.css";
import { ROLE_NAMES, type Role } from "./segments";

/** Beyond this many other boxes their names would hide the picture. */
const NAMED = 12;

type Props = { flag: FlagDetail; answered?: Decision; isHidden: boolean };
type Drawn = { box: Box; role: Role };
type Outlined = { box: Box; tone: Role };

/** The picture with its boxes: the flagged one solid, the suggested one dashed, the others thin. */
export default function BoxStage({ flag, answered, isHidden }: Props) {
  const { item } = flag;
  const doubt = doubtOrAll(flag);
  const drawn = rolesOf(doubt, chosenParts(flag, doubt, answered)).flatMap(({ part, role }) =>
    isBox(part) ? [{ box: part, role }] : [],
  );
  const size = { width: item.width ?? 1, height: item.height ?? 1 };
  const flagged = drawn.filter(({ role }) => role !== "other").map(({ box }) => box.bbox);
  return (
    <div className={classes.pictured}>
      <ImageStage item={item} focus={flagged}>
        {!isHidden && <Overlay drawn={drawn} size={size} />}
      </ImageStage>
      <Legend roles={drawn.map(({ role }) => role)} />
    </div>
  );
}

/** What a screen reader says of the picture: "given: RBC 40 × 38 at 10, 12, suggested: WBC …, 11 others". */
function spoken(drawn: Drawn[]) {
  const flagged = drawn.filter(({ role }) => role !== "other");
  const others = drawn.length - flagged.length;
  const words = flagged.map(({ box, role }) => `${ROLE_NAMES[role]}: ${partText(box)}`);
  return [...words, plural(others, "other")].join(", ");
}

function Overlay({ drawn, size }: { drawn: Drawn[]; size: Size }) {
  const named = drawn.filter(({ role }) => role !== "other");
  const others = drawn.length - named.length;
  return (
    <>
      <svg
        className={classes.overlay}
        viewBox={`0 0 ${size.width} ${size.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={spoken(drawn)}
      >
        {drawn.map(({ box, role }, i) => (
          <Outline key={`${role}${i}`} box={box} tone={role} />
        ))}
      </svg>
      {(others <= NAMED ? drawn : named).map(({ box, role }, i) => (
        <Name key={`${role}${i}`} box={box} tone={role} size={size} />
      ))}
    </>
  );
}

/** Two lines, a light one under a dark one, so that one of them shows on any picture. */
export function Outline({ box: { bbox }, tone }: Outlined) {
  const [x, y, width, height] = bbox;
  return (
    <g className={classes.outline} data-role={tone}>
      {["halo", "line"].map((name) => (
        <rect
          key={name}
          className={classes[name]}
          {...{ x, y, width, height }}
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </g>
  );
}

/** The class of a box, over it where it is given and under it where it is suggested, so that both can be read. */
function Name({ box, tone, size }: Outlined & { size: Size }) {
  const isBelow = tone === "suggested" || tone === "accepted";
  return (
    <span className={classes.name} data-role={tone} style={namePlace(box.bbox, size, isBelow)} aria-hidden>
      {tone === "other" ? box.label : `${ROLE_NAMES[tone]}: ${box.label}`}
    </span>
  );
}
