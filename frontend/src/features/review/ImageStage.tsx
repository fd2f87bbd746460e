import { ActionIcon } from "@mantine/core";
import { Crosshair, Grid3x3, Maximize, ZoomIn, ZoomOut } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useRef,
  useState,
  type WheelEvent,
} from "react";
import type { Item } from "@/api/types";
import type { Bbox } from "@/ui/parts";
import { LARGEST, type View, viewOf, WHOLE } from "./boxes";
import classes from "./Review.module.css";

/** Below this many pixels a side an image is shown pixel by pixel, unless the person asks to blend them. */
const TINY = 96;
const STEP = 1.3;
const PAN = 60; // pixels of the screen that an arrow key moves a zoomed picture by
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};

/** Kept from item to item, because one looks at the same place of each. */
let kept = WHOLE;
let isBlended = false;

function useView() {
  const [view, setView] = useState(kept);
  const change = (next: View) => {
    kept = next.zoom <= 1 ? WHOLE : next;
    setView(kept);
  };
  const scale = (by: number) => change({ ...view, zoom: Math.min(view.zoom * by, LARGEST) });
  const pan = (x: number, y: number) => view.zoom > 1 && change({ ...view, x: view.x + x, y: view.y + y });
  return { view, change, scale, pan };
}

type Props = {
  item: Item;
  /** What lies over the picture, in a frame of the picture's size that moves and grows with it. */
  children?: ReactNode;
  /** What a button brings to the middle. */
  focus?: Bbox[];
};

export function ImageStage({ item, children, focus = [] }: Props) {
  const { view, change, scale, pan } = useView();
  const [blended, setBlended] = useState(isBlended);
  const frame = useRef<HTMLDivElement>(null);
  const wheel = (event: WheelEvent) => event.ctrlKey && scale(event.deltaY < 0 ? STEP : 1 / STEP);
  const drag = (event: PointerEvent) => event.buttons === 1 && pan(event.movementX, event.movementY);
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (arrow) pan(...arrow);
    else if (event.key === "+") scale(STEP);
    else if (event.key === "-") scale(1 / STEP);
    else return;
    event.preventDefault();
  };
  const blend = () => {
    isBlended = !blended;
    setBlended(isBlended);
  };
  const picture = { width: item.width ?? TINY, height: item.height ?? TINY };
  const goTo = () => {
    const { width = 0, height = 0 } = frame.current?.getBoundingClientRect() ?? {};
    change(viewOf(focus, picture, { width: width / view.zoom, height: height / view.zoom }));
  };
  const isTiny = Math.max(picture.width, picture.height) < TINY;
  const place = {
    "--ratio": picture.width / picture.height,
    "--zoom": view.zoom,
    "--x": `${view.x}px`,
    "--y": `${view.y}px`,
  } as CSSProperties;
  return (
    <section
      className={classes.image}
      aria-label="Picture: + and − zoom, arrows move"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be moved must be moved by keyboard too.
      tabIndex={0}
      onWheel={wheel}
      onPointerMove={drag}
      onKeyDown={press}
      data-zoomed={view.zoom > 1}
    >
      <div ref={frame} className={classes.frame} style={place} data-tiny={isTiny}>
        <img
          key={item.id}
          src={item.image_url ?? ""}
          alt={`Item ${item.external_id}`}
          draggable={false}
          className={isTiny && !blended ? classes.pixels : undefined}
        />
        {children}
      </div>
      <div className={classes.zoom}>
        {isTiny && (
          <ZoomButton
            label={blended ? "Show the pixels" : "Blend the pixels"}
            icon={Grid3x3}
            onClick={blend}
          />
        )}
        {focus.length > 0 && <ZoomButton label="Go to what is flagged" icon={Crosshair} onClick={goTo} />}
        <ZoomButton label="Zoom in" icon={ZoomIn} onClick={() => scale(STEP)} />
        <ZoomButton label="Zoom out" icon={ZoomOut} onClick={() => scale(1 / STEP)} />
        <ZoomButton label="Whole item" icon={Maximize} onClick={() => change(WHOLE)} />
      </div>
    </section>
  );
}

type ZoomProps = { label: string; icon: typeof ZoomIn; onClick: () => void };

function ZoomButton({ label, icon: Icon, onClick }: ZoomProps) {
  return (
    <ActionIcon variant="default" aria-label={label} title={label} onClick={onClick}>
      <Icon size={15} />
    </ActionIcon>
  );
}
