import { Button } from "@mantine/core";
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./Notice.module.css";

type Props = {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  isWhole?: boolean;
};

/** An empty or a broken place, in words: what is the matter, and what to do next. `isWhole`: it is all of the screen. */
export function Notice({ icon: Icon, title, children, actions, isWhole }: Props) {
  const Title = isWhole ? "h1" : "h2";
  return (
    <div className={classes.notice}>
      <span className={classes.icon} aria-hidden>
        <Icon size={22} />
      </span>
      <Title className={classes.title}>{title}</Title>
      {children && <p className={classes.text}>{children}</p>}
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}

/** What failed, in the server's words, and a way to try again. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const retry = onRetry && (
    <Button variant="default" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <div role="alert">
      <Notice icon={CircleAlert} title="This could not be loaded" actions={retry}>
        {error.message}
      </Notice>
    </div>
  );
}
