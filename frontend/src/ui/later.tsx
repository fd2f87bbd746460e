import { type ComponentType, createElement, type ElementType, lazy, useState } from "react";

type Module<P> = { default: ComponentType<P> };

/**
 * A component whose code comes when it is first shown, or before that by `load`. What is there already is shown
 * at once: React keeps a waiting sign for 300 ms once it has begun to show it. What is on the screen stays the
 * same component, so that it keeps its state.
 */
export function later<P extends object>(get: () => Promise<Module<P>>) {
  let ready: ComponentType<P> | null = null;
  const load = async () => {
    const module = await get();
    ready = module.default;
    return module;
  };
  const Waiting = lazy(load);
  const Later = (props: P) => {
    const [shown] = useState<ElementType>(() => ready ?? Waiting);
    return createElement(shown, props);
  };
  return Object.assign(Later, { load });
}
