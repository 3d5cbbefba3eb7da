import { useState } from "react";
import { get } from "../api/client";
import { useAnswer } from "../api/query";
import type { TrailEntry, TrailPage } from "../api/types";
import { errorInWords, Loaded } from "../components/states";
import { toast } from "../components/toasts";
import { ChoiceSelect } from "../parts/ChoiceSelect";
import { Section } from "../parts/Section";
import { typeInWords } from "../trail/decisions";
import { TrailList } from "../trail/TrailList";
import { tell } from "../words/tell";
import type { FaceProps } from "./DossierScreen";

const PAGE = 50;
const TYPES = [
  "order_placed",
  "order_delivered",
  "invoice_issued",
  "payment_received",
  "bureau_reported",
  "adverse_event_reported",
  "limit_set",
  "order_release",
  "promise_made",
  "note_added",
  "day_closed",
  "account_swept",
];

/** Everything that was said of the account and what followed, newest first, with its place in the ledger. */
export function TrailTab({ account, version }: FaceProps) {
  const [type, setType] = useState("");
  const path = `/accounts/${encodeURIComponent(account.account_id)}/trail`;
  const answer = useAnswer<TrailPage>(path, { type, limit: PAGE }, { version });
  return (
    <Section
      title={tell("tab_trail")}
      wide
      aside={
        <ChoiceSelect
          label={tell("filter_by_fact")}
          any
          choices={TYPES}
          chosen={type}
          onChange={setType}
          nameOf={typeInWords}
        />
      }
    >
      <Loaded answer={answer}>
        {(page) => (
          <Pages
            key={`${type}/${page.trail[0]?.seq}`}
            path={path}
            type={type}
            page={page}
            currency={account.currency}
          />
        )}
      </Loaded>
    </Section>
  );
}

interface PagesProps {
  path: string;
  type: string;
  page: TrailPage;
  currency: string;
}

function Pages({ path, type, page, currency }: PagesProps) {
  const [older, setOlder] = useState<TrailEntry[]>([]);
  const [next, setNext] = useState(page.next);
  const load = () => {
    get<TrailPage>(path, { type, limit: PAGE, after: next }).then(
      (found) => {
        setOlder((before) => [...before, ...found.trail]);
        setNext(found.next);
      },
      (error: Error) => toast("problem", errorInWords(error)),
    );
  };
  return (
    <>
      <TrailList entries={[...page.trail, ...older]} currency={currency} />
      {next ? (
        <button type="button" onClick={load}>
          {tell("show_older")}
        </button>
      ) : null}
    </>
  );
}
