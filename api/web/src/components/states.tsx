/** What is shown where there is nothing, nothing yet, or nothing any more. */
import type { ReactNode } from "react";
import { Problem, Unreachable } from "../api/problem";
import type { Answer } from "../api/query";
import { say } from "../words/words";

export function Loading() {
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      {say("loading")}
    </div>
  );
}

export function Empty({ children }: { children?: ReactNode }) {
  return <div className="state state-empty">{children ?? say("nothing_here")}</div>;
}

/** An error in words that a person can act on. */
export function errorInWords(error: Error): string {
  if (error instanceof Unreachable) return say("unreachable");
  if (error instanceof Problem && error.status === 404) return say("not_found");
  if (error instanceof Problem && error.status === 403) return say("not_allowed");
  return error.message;
}

export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="state state-failed" role="alert">
      <p>
        <strong>{say("could_not_load")}</strong>
        <br />
        {errorInWords(error)}
      </p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {say("try_again")}
        </button>
      )}
    </div>
  );
}

/** A line above content that could not be refreshed. */
export function Stale() {
  return (
    <p className="stale-note" role="status">
      ⚠ {say("stale")}
    </p>
  );
}

/** What was asked for once it is there; before that, why it is not. Children get the newest answer there is. */
export function Loaded<T>({ answer, children }: { answer: Answer<T>; children: (data: T) => ReactNode }) {
  if (answer.data === undefined) {
    return answer.error ? <Failed error={answer.error} onRetry={answer.reload} /> : <Loading />;
  }
  return (
    <>
      {answer.error && <Stale />}
      {children(answer.data)}
    </>
  );
}
