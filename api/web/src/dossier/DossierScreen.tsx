import type { Subject } from "../acting/DeedDialog";
import { type DeedName, deedsFor } from "../acting/deeds";
import { useDeed } from "../acting/useDeed";
import { useAnswer } from "../api/query";
import type { AccountAnswer } from "../api/types";
import { useMay } from "../app/session";
import { Loaded } from "../components/states";
import { dayInForce } from "../feed/businessTime";
import { useFeedVersion } from "../feed/feed";
import { Tabs } from "../parts/Tabs";
import { tell } from "../words/tell";
import { InvoicesTab, OrdersTab, PaymentsTab } from "./DocumentTabs";
import { DossierHeader } from "./DossierHeader";
import { FilesTab } from "./FilesTab";
import { OverviewTab } from "./OverviewTab";
import { TrailTab } from "./TrailTab";

const TABS = ["overview", "orders", "invoices", "payments", "files", "trail"] as const;
type Tab = (typeof TABS)[number];

interface DossierScreenProps {
  accountId: string;
  tab: string | undefined;
}

/** One account: who it is and how it stands, what to do about it, and its faces in tabs. */
export function DossierScreen({ accountId, tab }: DossierScreenProps) {
  const version = useFeedVersion((event) => event.event.account_id === accountId);
  const path = `/accounts/${encodeURIComponent(accountId)}`;
  const answer = useAnswer<AccountAnswer>(path, {}, { version, everyMs: 30_000 });
  const current = TABS.find((known) => known === tab) ?? "overview";
  const may = useMay();
  const { begin, dialog } = useDeed(answer.reload, answer.data?.version ?? null);
  return (
    <div className="screen">
      <Loaded answer={answer}>
        {(account) => {
          const act = (deed: DeedName, given: Partial<Subject> = {}) =>
            begin(deed, { ...subjectOf(account), ...given });
          return (
            <>
              <DossierHeader account={account} deeds={deedsFor(account, may)} act={act} />
              <Tabs label={tell("faces")} base={["accounts", accountId]} tabs={tabsOf(account)} current={current} />
              <Face tab={current} account={account} version={version} act={act} />
            </>
          );
        }}
      </Loaded>
      {dialog}
    </div>
  );
}

export type Act = (deed: DeedName, given?: Partial<Subject>) => void;

export interface FaceProps {
  account: AccountAnswer;
  /** Changes when the feed has said something of the account. */
  version: number;
  act: Act;
}

function Face({ tab, ...face }: FaceProps & { tab: Tab }) {
  if (tab === "orders") return <OrdersTab {...face} />;
  if (tab === "invoices") return <InvoicesTab {...face} />;
  if (tab === "payments") return <PaymentsTab {...face} />;
  if (tab === "files") return <FilesTab {...face} />;
  if (tab === "trail") return <TrailTab {...face} />;
  return <OverviewTab {...face} />;
}

function tabsOf(account: AccountAnswer) {
  return TABS.map((id) => ({
    id,
    title: tell(`tab_${id}`),
    count: id === "orders" ? account.waiting_orders : null,
  }));
}

function subjectOf(account: AccountAnswer): Subject {
  return {
    accountId: account.account_id,
    currency: account.currency,
    version: account.version,
    what: account.name ? `${account.name} (${account.account_id})` : account.account_id,
    today: dayInForce(account.as_of),
  };
}
