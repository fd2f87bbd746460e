import { count, sentence } from "@/ui/values";
import classes from "./Parts.module.css";
import { ROLE_NAMES, type Role } from "./segments";

/** Which line means what, of those there are. */
export function Legend({ roles }: { roles: Role[] }) {
  const others = roles.filter((role) => role === "other").length;
  const shown = (Object.keys(ROLE_NAMES) as Role[]).filter((role) => roles.includes(role));
  return (
    <ul className={classes.legend} aria-label="Lines">
      {shown.map((role) => (
        <li key={role}>
          <span className={classes.sample} data-role={role} aria-hidden />
          {sentence(ROLE_NAMES[role])}
          {role === "other" && ` (${count(others)})`}
        </li>
      ))}
    </ul>
  );
}
