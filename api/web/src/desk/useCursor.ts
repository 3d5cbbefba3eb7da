/** The row that keys act on: moved by j and k, by a click, and kept on its row when rows around it change. */
import type { GridApi } from "ag-grid-community";
import { useCallback, useEffect, useRef, useState } from "react";

export interface Cursor {
  key: string | null;
  set: (key: string) => void;
  move: (steps: number) => void;
  /** Given to the grid, so that the row is scrolled into view. */
  gridReady: (api: GridApi) => void;
}

export function useCursor(keys: readonly string[]): Cursor {
  const [key, setKey] = useState<string | null>(null);
  const api = useRef<GridApi | null>(null);
  const place = useRef(0);
  const at = key === null ? -1 : keys.indexOf(key);
  if (at >= 0) place.current = at;

  // Where the row has gone, the one in its place is next.
  const next = keys[Math.min(place.current, keys.length - 1)] ?? null;
  useEffect(() => {
    if (at < 0 && next !== key) setKey(next);
  }, [at, next, key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a row is drawn anew when it becomes or stops being the one
  useEffect(() => {
    const grid = api.current;
    if (grid === null || grid.isDestroyed()) return;
    grid.redrawRows();
  }, [key]);

  const move = useCallback(
    (steps: number) => {
      const index = Math.max(0, Math.min(keys.length - 1, place.current + steps));
      const found = keys[index];
      if (found === undefined) return;
      setKey(found);
      api.current?.ensureIndexVisible(index);
    },
    [keys],
  );
  return {
    key: at < 0 ? next : key,
    set: setKey,
    move,
    gridReady: (grid) => {
      api.current = grid;
    },
  };
}
