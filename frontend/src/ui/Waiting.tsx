import { Loader } from "@mantine/core";
import { useEffect, useState } from "react";

const PATIENCE_MS = 250;

/** A spinner that appears only when the wait is long enough to be noticed. */
export function Waiting({ label = "Loading" }: { label?: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={label} style={{ display: "grid", placeItems: "center", minHeight: 160 }}>
      {isLate && <Loader size="sm" />}
    </div>
  );
}
