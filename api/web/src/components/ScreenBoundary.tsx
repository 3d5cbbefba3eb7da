/** A defect in one screen leaves the others usable. */
import { Component, type ReactNode } from "react";
import { Failed } from "./states";

export class ScreenBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <Failed error={error} onRetry={() => this.setState({ error: null })} /> : this.props.children;
  }
}
