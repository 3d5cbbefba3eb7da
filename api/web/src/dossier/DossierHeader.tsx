import { DEEDS, type DeedName } from "../acting/deeds";
import type { AccountAnswer } from "../api/types";
import { LevelMark, levelOf } from "../components/LevelMark";
import { count, dateTime, money, percent } from "../format";
import { GradeMark, StatusMark } from "../parts/marks";
import { policyText } from "../words/policyTexts";
import { field, tell } from "../words/tell";
import type { Act } from "./DossierScreen";

interface DossierHeaderProps {
  account: AccountAnswer;
  deeds: readonly DeedName[];
  act: Act;
}

export function DossierHeader({ account, deeds, act }: DossierHeaderProps) {
  const origin = [account.industry && field(account.industry), account.country].filter(Boolean).join(" · ");
  return (
    <header className="dossier-head">
      <div className="dossier-title">
        <h1>
          {account.name ?? account.account_id} <span className="dim">{account.account_id}</span>
        </h1>
        <GradeMark grade={account.grade} />
        <StatusMark status={account.status} held={account.held} />
        <LevelMark level={levelOf(account.combined_level)} />
        <span className="dim">
          {origin}
          {account.manager ? ` · ${tell("manager")} ${account.manager}` : ""}
        </span>
        <span className="dim as-of">{tell("as_of_time", { at: dateTime(account.as_of.at_ms) })}</span>
      </div>
      <Numbers account={account} />
      {account.risk_cell ? (
        <p className="measure-line">
          {tell("matrix_says")} <strong>{policyText(account.risk_cell.measure)}</strong>
        </p>
      ) : null}
      <fieldset className="deeds" aria-label={tell("what_to_do")}>
        {deeds.map((name) => (
          <button key={name} type="button" onClick={() => act(name)}>
            {tell(DEEDS[name].title)}
          </button>
        ))}
      </fieldset>
    </header>
  );
}

function Numbers({ account }: { account: AccountAnswer }) {
  const { currency } = account;
  const limit = account.unlimited ? field("unlimited") : money(account.limit_minor, currency);
  const numbers: [name: string, value: string, bad?: boolean][] = [
    [field("net_exposure_minor"), money(account.net_exposure_minor, currency)],
    [field("limit_minor"), limit],
    [field("headroom_minor"), money(account.headroom_minor, currency), (account.headroom_minor ?? 0) < 0],
    [field("overdue_minor"), money(account.overdue_minor, currency), account.overdue_minor > 0],
    [tell("score"), count(account.score)],
    [tell("late_chance"), percent(account.lateness_probability_bp)],
    [tell("expected_loss"), money(account.expected_loss_minor, currency)],
  ];
  return (
    <dl className="numbers">
      {numbers.map(([name, value, bad]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={bad ? "bad" : undefined}>{value}</dd>
        </div>
      ))}
      <div className="numbers-used">
        <dt>{field("utilisation_bp")}</dt>
        <dd>
          {percent(account.utilisation_bp)}
          <Used share={account.utilisation_bp} />
        </dd>
      </div>
    </dl>
  );
}

function Used({ share }: { share: number | null }) {
  if (share === null) return null;
  const level = share >= 10_000 ? "critical" : share >= 8_000 ? "warning" : "good";
  return (
    <svg className={`used used-${level}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect className="used-all" width="100" height="10" />
      <rect width={Math.min(100, share / 100)} height="10" />
    </svg>
  );
}
