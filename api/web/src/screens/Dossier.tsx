import type { ScreenProps } from "../app/screens";
import { AccountList } from "../dossier/AccountList";
import { DossierScreen } from "../dossier/DossierScreen";

/** `#/accounts` is the list, `#/accounts/ID` one account's dossier, `#/accounts/ID/TAB` one face of it. */
export default function Dossier({ parts }: ScreenProps) {
  const [accountId, tab] = parts;
  return accountId === undefined ? <AccountList /> : <DossierScreen key={accountId} accountId={accountId} tab={tab} />;
}
