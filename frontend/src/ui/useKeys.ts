import { useLayoutEffect, useRef } from "react";

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

const isInDialog = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest("[role=dialog]") !== null;

/** The key as printed on a Latin keyboard, also where the layout is Greek or Cyrillic. */
function keyOf(event: KeyboardEvent) {
  const isLatin = event.key.length > 1 || event.key.charCodeAt(0) < 128;
  return (isLatin ? event.key : event.code.replace(/^(Key|Digit)/, "")).toLowerCase();
}

type OnDown = (key: string) => boolean;
type OnUp = (key: string) => void;

/**
 * Calls `onDown` for plain keys pressed outside fields and dialogs; a handled key does nothing else.
 * A key held down counts once: nobody answers ten items by leaning on a key. It is listened to from the moment
 * in which an item stands on the screen, not an effect later: a quick answer must not be lost, or go to the item before.
 */
export function useKeys(onDown: OnDown, onUp?: OnUp) {
  const handlers = useRef({ onDown, onUp });
  useLayoutEffect(() => {
    handlers.current = { onDown, onUp };
  });
  useLayoutEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.repeat || isTyping(event.target) || isInDialog(event.target)) return;
      if (handlers.current.onDown(keyOf(event))) event.preventDefault();
    };
    const up = (event: KeyboardEvent) => handlers.current.onUp?.(keyOf(event));
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
    };
  }, []);
}
