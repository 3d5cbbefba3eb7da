import { hrefOf } from "../app/router";

interface TabsProps {
  label: string;
  /** Parts of the address in front of the tab's own. */
  base: readonly string[];
  tabs: readonly { id: string; title: string; count?: number | null }[];
  current: string;
}

/** Links between the faces of one screen; each has an address of its own. */
export function Tabs({ label, base, tabs, current }: TabsProps) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.id} href={hrefOf([...base, tab.id])} aria-current={tab.id === current ? "page" : undefined}>
          {tab.title}
          {tab.count ? <span className="tab-count">{tab.count}</span> : null}
        </a>
      ))}
    </nav>
  );
}
