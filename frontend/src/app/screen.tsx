import { type ComponentType, lazy } from "react";

type Module = { default: ComponentType };

/**
 * A screen whose code comes when it is first shown, or before that by `load`. What is there already is shown at
 * once: React keeps a waiting sign for 300 ms once it has begun to show it.
 */
export function screen(get: () => Promise<Module>) {
  let Ready: ComponentType | null = null;
  const load = async () => {
    const module = await get();
    Ready = module.default;
    return module;
  };
  const Later = lazy(load);
  const Screen = () => (Ready ? <Ready /> : <Later />);
  return Object.assign(Screen, { load });
}
