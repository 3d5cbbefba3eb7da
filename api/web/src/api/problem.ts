/** Why the api did not do what was asked. */

export interface ProblemDetail {
  title?: string;
  status: number;
  detail?: string;
  /** Whatever else the api says, such as a coded `refusal`. */
  [more: string]: unknown;
}

export class Problem extends Error {
  readonly status: number;
  readonly detail: ProblemDetail;

  constructor(detail: ProblemDetail) {
    super(detail.detail ?? detail.title ?? `HTTP ${detail.status}`);
    this.name = "Problem";
    this.status = detail.status;
    this.detail = detail;
  }
}

/** The api could not be reached at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.name = "Unreachable";
  }
}
