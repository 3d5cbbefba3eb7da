/** The strip under the navigation: is what you see alive, and how much is on fire. */
import { useAnswer } from "../api/query";
import { LEVELS, type SummaryAnswer } from "../api/types";
import { hrefOf } from "../app/router";
import { businessNow, noteTime } from "../feed/businessTime";
import { feed, useFeedState, useFeedVersion } from "../feed/feed";
import { age, clock, count, dateTime, dateTimeWithUtc, duration, moneyShort } from "../format";
import { say } from "../words/words";
import { LevelMark } from "./LevelMark";

const SILENT_AFTER_MS = 12_000;
const REFRESH_MS = 5_000;

export function StatusStrip() {
  const version = useFeedVersion(() => true, 1_000);
  const summary = useAnswer<SummaryAnswer>("/summary", {}, { everyMs: REFRESH_MS, version });
  return (
    <section className="strip" aria-label={say("status")}>
      <ConnectionState />
      {summary.data && <Counts summary={summary.data} stale={summary.error !== undefined} />}
    </section>
  );
}

function ConnectionState() {
  const { connection, heardAtMs, lagMs } = useFeedState();
  const now = Date.now();
  switch (connection.kind) {
    case "connecting":
      return <span className="connection connection-wait">◌ {say("connecting")}</span>;
    case "refused":
      return <span className="connection connection-lost">✗ {say("refused", { why: connection.why })}</span>;
    case "signed_out":
      return <span className="connection connection-lost">✗ {say("sign_in_wanted")}</span>;
    case "lost": {
      const seconds = Math.max(0, Math.ceil((connection.retryAtMs - now) / 1_000));
      return (
        <span className="connection connection-lost" role="status">
          ✗ {say("disconnected", { seconds })} · {say("offline_since", { at: clock(connection.sinceMs) })}{" "}
          <button type="button" className="small" onClick={feed.retryNow}>
            {say("try_again")}
          </button>
        </span>
      );
    }
    case "live": {
      const silence = now - heardAtMs;
      if (silence > SILENT_AFTER_MS) {
        const seconds = Math.floor(silence / 1_000);
        return <span className="connection connection-wait">◌ {say("silent", { seconds })}</span>;
      }
      return (
        <span className="connection connection-live" title={say("feed_lag")}>
          <span className="pulse" aria-hidden="true">
            ●
          </span>{" "}
          {say("connected")} <span className="dim">{duration(Math.max(0, lagMs))}</span>
        </span>
      );
    }
  }
}

function Counts({ summary, stale }: { summary: SummaryAnswer; stale: boolean }) {
  const waiting = summary.waiting_orders;
  const oldest = summary.oldest_waiting_at_ms;
  noteTime(summary.as_of.at_ms);
  return (
    <>
      <span className="strip-group">
        {LEVELS.map((level) => (
          <a key={level} href={hrefOf(["desk"], { level })} className="strip-count">
            <LevelMark level={level} /> <strong>{count(summary.alerts[level])}</strong>
          </a>
        ))}
      </span>
      <span className="strip-group">
        <a href="#/desk">{waiting > 0 ? say("waiting_orders", { count: count(waiting) }) : say("waiting_none")}</a>
        {waiting > 0 && oldest !== null && (
          <span className="dim" title={dateTimeWithUtc(oldest)}>
            {say("oldest", { age: age(businessNow() - oldest) })}
          </span>
        )}
        {summary.waiting.map(({ currency, amount_minor }) => (
          <strong key={currency}>{say("blocked_value", { amount: moneyShort(amount_minor, currency) })}</strong>
        ))}
      </span>
      <Freshness summary={summary} stale={stale} />
    </>
  );
}

function Freshness({ summary, stale }: { summary: SummaryAnswer; stale: boolean }) {
  const atMs = summary.as_of.at_ms;
  const behind = summary.as_of.lag_records;
  const sources = summary.sources.map(({ source, last_at_ms }) => `${source}: ${dateTime(last_at_ms)}`);
  return (
    <span className={stale ? "strip-end stale" : "strip-end"} title={[say("freshness"), ...sources].join("\n")}>
      {stale && "⚠ "}
      {atMs > 0 ? say("data_of", { at: dateTime(atMs) }) : say("data_none")}
      {behind > 0 && <span className="warn"> · {say("records_behind", { count: count(behind) })}</span>}
    </span>
  );
}
