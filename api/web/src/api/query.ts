/** Reading from the api in a component: the last answer stays on the screen while a newer one is fetched. */
import { useCallback, useEffect, useRef, useState } from "react";
import { get, type Query } from "./client";

export interface Answer<T> {
  data: T | undefined;
  error: Error | undefined;
  loading: boolean;
  /** The data is of an earlier question, or could not be refreshed. */
  stale: boolean;
  reload: () => void;
}

export interface Asking {
  /** Ask again after so many milliseconds; the screen has to be visible. */
  everyMs?: number;
  /** Ask again whenever this changes, keeping what is shown. */
  version?: unknown;
}

/** The answer to `GET /v1{path}`; a path of null asks nothing. */
export function useAnswer<T>(path: string | null, query: Query = {}, asking: Asking = {}): Answer<T> {
  const key = path === null ? null : `${path}?${JSON.stringify(query)}`;
  const [answer, setAnswer] = useState<{ key: string | null; data?: T; error?: Error; loading: boolean }>({
    key: null,
    loading: path !== null,
  });
  const [asked, setAsked] = useState(0);
  const reload = useCallback(() => setAsked((times) => times + 1), []);
  const latest = useRef({ path, query });
  latest.current = { path, query };

  // biome-ignore lint/correctness/useExhaustiveDependencies: version and asked mean "ask again" and are not read
  useEffect(() => {
    const { path: asks, query: filters } = latest.current;
    if (asks === null || key === null) return;
    const abort = new AbortController();
    setAnswer((before) => ({ ...before, loading: true }));
    get<T>(asks, filters, abort.signal).then(
      (data) => setAnswer({ key, data, loading: false }),
      (error: Error) => {
        if (!abort.signal.aborted) setAnswer((before) => ({ ...before, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [key, asked, asking.version]);

  useEffect(() => {
    if (!asking.everyMs) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") reload();
    }, asking.everyMs);
    return () => clearInterval(timer);
  }, [asking.everyMs, reload]);

  return {
    data: answer.data,
    error: answer.error,
    loading: answer.loading,
    stale: answer.data !== undefined && (answer.key !== key || answer.error !== undefined),
    reload,
  };
}
