import type { Exposure } from "../api/types";
import { money } from "../format";
import { field, tell } from "../words/tell";

const ADDED = ["orders_minor", "delivered_minor", "invoiced_minor", "bills_minor", "fees_minor"] as const;
const TAKEN = ["unapplied_minor", "deposits_minor", "cover_minor"] as const;
const ASIDE = ["pending_minor", "disputed_minor", "uncleared_minor"] as const;

type Stage = (typeof ADDED | typeof TAKEN | typeof ASIDE)[number];

/** What makes up the exposure, stage by stage, what is taken off it, and what is only shown. */
export function StagesBar({ balances, currency }: { balances: Exposure; currency: string }) {
  const most = Math.max(1, ...[...ADDED, ...TAKEN, ...ASIDE].map((name) => Math.abs(balances[name] ?? 0)));
  const row = (name: Stage, kind: "added" | "taken" | "aside") => {
    const amount = balances[name] ?? 0;
    if (amount === 0) return null;
    return (
      <tr key={name}>
        <th scope="row">
          {field(name)}
          {kind === "aside" ? <span className="dim"> {tell("not_counted")}</span> : null}
        </th>
        <td className="bar-cell">
          <svg className={`bar bar-${kind}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect width={(100 * Math.abs(amount)) / most} height="10" />
          </svg>
        </td>
        <td className="number">
          {kind === "taken" ? "−" : ""}
          {money(amount, currency)}
        </td>
      </tr>
    );
  };
  const rows = [
    ...ADDED.map((name) => row(name, "added")),
    ...TAKEN.map((name) => row(name, "taken")),
    ...ASIDE.map((name) => row(name, "aside")),
  ];
  return (
    <table className="plain stages">
      <caption className="visually-hidden">{tell("exposure_by_stage")}</caption>
      <tbody>
        {rows.some(Boolean) ? (
          rows
        ) : (
          <tr>
            <td className="dim">{tell("nothing_open")}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
