/** Filters of the desk: they live in the address, and can be kept under a name. */
import { useState } from "react";
import { changeAddress, useRoute } from "../app/router";
import { say } from "../words/words";

interface FilterSelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

export function FilterSelect({ label, value, options, onChange }: FilterSelectProps) {
  const known = value === "" || options.some(([name]) => name === value);
  return (
    <select
      className={value === "" ? "filter" : "filter filter-on"}
      aria-label={label}
      title={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
      {!known && <option value={value}>{value}</option>}
    </select>
  );
}

const KEY = "obligor.filters";

interface Kept {
  name: string;
  query: string;
}

function kept(): Kept[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as Kept[];
  } catch {
    return [];
  }
}

/** Keep, choose and delete named filters of this browser. `names` are the parts of the address that belong to them. */
export function SavedFilters({ names }: { names: readonly string[] }) {
  const { query } = useRoute();
  const [filters, setFilters] = useState(kept);
  const [naming, setNaming] = useState(false);
  const own = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""]));
  const current = new URLSearchParams(Object.entries(own).filter(([, value]) => value !== "")).toString();
  const chosen = filters.find((filter) => filter.query === current && current !== "");

  const store = (next: Kept[]) => {
    setFilters(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch {
      // They last until the page is closed then.
    }
  };
  const choose = (name: string) => {
    const filter = filters.find((one) => one.name === name);
    const wanted = new URLSearchParams(filter?.query ?? "");
    changeAddress(Object.fromEntries(names.map((one) => [one, wanted.get(one) ?? ""])));
  };

  if (naming) {
    return (
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
          if (name) store([...filters.filter((filter) => filter.name !== name), { name, query: current }]);
          setNaming(false);
        }}
      >
        {/* biome-ignore lint/a11y/noAutofocus: the person has just asked to type a name */}
        <input name="name" autoFocus aria-label={say("save_filter_name")} placeholder={say("save_filter_name")} />
        <button type="submit">{say("save")}</button>
      </form>
    );
  }
  return (
    <span className="inline">
      {filters.length > 0 && (
        <FilterSelect
          label={say("saved_filters")}
          value={chosen?.name ?? ""}
          options={[["", say("choose_filter")], ...filters.map(({ name }) => [name, name] as const)]}
          onChange={choose}
        />
      )}
      {current !== "" && !chosen && (
        <button type="button" className="small" onClick={() => setNaming(true)} title={say("save_filter")}>
          ☆<span className="visually-hidden">{say("save_filter")}</span>
        </button>
      )}
      {chosen && (
        <button
          type="button"
          className="small"
          title={say("delete_filter")}
          onClick={() => store(filters.filter((filter) => filter !== chosen))}
        >
          ★<span className="visually-hidden">{say("delete_filter")}</span>
        </button>
      )}
      {current !== "" && (
        <button type="button" className="small" title={say("filter_clear")} onClick={() => choose("")}>
          ×<span className="visually-hidden">{say("filter_clear")}</span>
        </button>
      )}
    </span>
  );
}
