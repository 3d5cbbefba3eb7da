import "../styles/screens.css";
import { type ReactNode, useId } from "react";

interface SectionProps {
  title: string;
  /** Buttons and links beside the title. */
  aside?: ReactNode;
  /** Takes the whole width where sections stand beside each other. */
  wide?: boolean;
  children: ReactNode;
}

export function Section({ title, aside, wide = false, children }: SectionProps) {
  const id = useId();
  return (
    <section className={wide ? "part part-wide" : "part"} aria-labelledby={id}>
      <header className="part-head">
        <h2 id={id}>{title}</h2>
        {aside ? <div className="part-aside">{aside}</div> : null}
      </header>
      {children}
    </section>
  );
}
