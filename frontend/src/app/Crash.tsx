import { Button } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Notice } from "@/ui/Notice";

/** Says that a screen broke, instead of leaving it blank. A new release's missing chunk ends up here too. */
export class Crash extends Component<{ children: ReactNode }, { error: Error | null }> {
  state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  render() {
    if (!this.state.error) return this.props.children;
    const reload = <Button onClick={() => window.location.reload()}>Reload the page</Button>;
    return (
      <div role="alert">
        <Notice icon={TriangleAlert} title="This screen stopped working" actions={reload}>
          Nothing that the server had confirmed is lost. Reloading usually helps. What happened:{" "}
          {this.state.error.message}
        </Notice>
      </div>
    );
  }
}
