import { useLocalStorage } from "@mantine/hooks";
import { ACTIONS, type ReviewAction } from "./actions";

type Keys = Record<string, string>;

/** Why the action cannot have that key; nothing where it can. */
export function objection(actions: ReviewAction[], id: string, key: string) {
  if (key.length !== 1 || key === " ") return "A letter or a sign, please.";
  if (/\d/.test(key)) return "The numbers choose classes.";
  const other = actions.find((one) => one.key === key && one.id !== id);
  return other ? `${key.toUpperCase()} is the key of “${other.label}”.` : null;
}

/** The table of actions with the keys that the person chose for themselves, kept in this browser. */
export function useActions() {
  const [chosen, setChosen, reset] = useLocalStorage<Keys>({
    key: "labelreview-keys",
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const actions = ACTIONS.map((action) => ({ ...action, key: chosen[action.id] ?? action.key }));
  const rebind = (id: string, key: string) => setChosen((before) => ({ ...before, [id]: key }));
  return { actions, rebind, reset };
}
