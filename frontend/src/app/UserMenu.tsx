import { BookOpen, ChevronDown, LogOut } from "lucide-react";
import { useSession, useSignOut } from "@/api/session";
import classes from "./UserMenu.module.css";

/** Who is signed in, and the way out. The browser's own popover: it closes on Escape and on a click elsewhere. */
export function UserMenu() {
  const { data } = useSession();
  const signOut = useSignOut();
  return (
    <>
      <button type="button" className={classes.button} popoverTarget="user-menu">
        {data?.user?.username} <ChevronDown size={14} aria-hidden />
      </button>
      <div id="user-menu" popover="auto" className={classes.menu}>
        <a href="/api/docs/" className={classes.item}>
          <BookOpen size={15} aria-hidden /> API reference
        </a>
        <button type="button" className={classes.item} onClick={() => signOut.mutate()}>
          <LogOut size={15} aria-hidden /> Sign out
        </button>
      </div>
    </>
  );
}
