import { ActionIcon } from "@mantine/core";
import { Grid3x3, Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { type PointerEvent, useState, type WheelEvent } from "react";
import type { Item } from "@/api/types";
import classes from "./Review.module.css";

/** Below this many pixels a side an image is shown pixel by pixel, unless the person asks to blend them. */
const TINY = 96;
const STEP = 1.3;
const LARGEST = 16;

type View = { zoom: number; x: number; y: number };
const WHOLE: View = { zoom: 1, x: 0, y: 0 };

/** Kept from item to item, because one looks at the same place of each. */
let kept = WHOLE;
let isBlended = false;

export function ImageStage({ item }: { item: Item }) {
  const [view, setView] = useState(kept);
  const [blended, setBlended] = useState(isBlended);
  const change = (next: View) => {
    kept = next.zoom <= 1 ? WHOLE : next;
    setView(kept);
  };
  const scale = (by: number) => change({ ...view, zoom: Math.min(view.zoom * by, LARGEST) });
  const wheel = (event: WheelEvent) => event.ctrlKey && scale(event.deltaY < 0 ? STEP : 1 / STEP);
  const drag = (event: PointerEvent) => {
    if (event.buttons === 1 && view.zoom > 1)
      change({ ...view, x: view.x + event.movementX, y: view.y + event.movementY });
  };
  const blend = () => {
    isBlended = !blended;
    setBlended(isBlended);
  };
  const isTiny = Math.max(item.width ?? TINY, item.height ?? TINY) < TINY;
  return (
    <div className={classes.image} onWheel={wheel} onPointerMove={drag} data-zoomed={view.zoom > 1}>
      <img
        key={item.id}
        src={item.image_url ?? ""}
        alt={`Item ${item.external_id}`}
        draggable={false}
        className={isTiny ? `${classes.tiny} ${blended ? "" : classes.pixels}` : undefined}
        style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})` }}
      />
      <div className={classes.zoom}>
        {isTiny && (
          <ZoomButton
            label={blended ? "Show the pixels" : "Blend the pixels"}
            icon={Grid3x3}
            onClick={blend}
          />
        )}
        <ZoomButton label="Zoom in" icon={ZoomIn} onClick={() => scale(STEP)} />
        <ZoomButton label="Zoom out" icon={ZoomOut} onClick={() => scale(1 / STEP)} />
        <ZoomButton label="Whole item" icon={Maximize} onClick={() => change(WHOLE)} />
      </div>
    </div>
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
