/** Whether the window leaves little room for two lists side by side. */
import { useSyncExternalStore } from "react";

const narrow = window.matchMedia("(max-width: 1380px)");

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener("change", listener);
      return () => narrow.removeEventListener("change", listener);
    },
    () => narrow.matches,
  );
}
