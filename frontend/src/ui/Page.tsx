import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import classes from "./Page.module.css";

type PageProps = {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
};

/** A screen: its title, one sentence on what it is for, its main actions, its cards. */
export function Page({ title, lead, actions, narrow, children }: PageProps) {
  useDocumentTitle(`${title} · LabelReview`);
  return (
    <div className={`${classes.page} ${narrow ? classes.narrow : ""}`}>
      <div className={classes.head}>
        <div>
          <h1 className={classes.title}>{title}</h1>
          {lead && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}

type CardProps = {
  title?: string;
  aside?: ReactNode;
  flush?: boolean;
  className?: string;
  children: ReactNode;
};

/** One subject of a screen. `flush` lets a table reach the edges. */
export function Card({ title, aside, flush, className = "", children }: CardProps) {
  return (
    <section className={`${classes.card} ${flush ? classes.flush : ""} ${className}`}>
      {title && (
        <h2 className={classes.cardTitle}>
          {title}
          {aside && <span className={classes.aside}>{aside}</span>}
        </h2>
      )}
      {children}
    </section>
  );
}
