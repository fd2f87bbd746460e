import { Suspense } from "react";
import { Link, Outlet, useParams } from "react-router";
import { Waiting } from "@/ui/Waiting";
import { Logo } from "./Logo";
import classes from "./Shell.module.css";
import { ThemeToggle } from "./ThemeToggle";
import { Trail } from "./Trail";
import { UserMenu } from "./UserMenu";

/** The header that every signed-in screen stands under. */
export function Shell() {
  const { dataset } = useParams();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        Skip to the content
      </a>
      <header className={classes.header}>
        <Link to="/" className={classes.brand}>
          <Logo />
          <span>LabelReview</span>
        </Link>
        {dataset && <Trail dataset={Number(dataset)} />}
        <div className={classes.tools}>
          <ThemeToggle />
          <UserMenu />
        </div>
      </header>
      <div className={classes.body}>
        <Suspense fallback={<Waiting />}>
          {dataset ? (
            <Outlet />
          ) : (
            <main id="main" tabIndex={-1}>
              <Outlet />
            </main>
          )}
        </Suspense>
      </div>
    </div>
  );
}
