/** Links that fetch exactly what a list shows, written by the server. */
import { address, type Query } from "../api/client";
import { useMay } from "../app/session";
import { say } from "../words/words";

export function Exports({ path, query }: { path: string; query: Query }) {
  const may = useMay();
  if (!may("export")) return null;
  return (
    <span className="exports">
      <a className="button" href={address(path, { ...query, format: "csv" })} download title={say("export_csv")}>
        CSV
      </a>
      <a className="button" href={address(path, { ...query, format: "xlsx" })} download title={say("export_xlsx")}>
        XLSX
      </a>
    </span>
  );
}
