/** A question that has to be answered before anything else: keeps the focus, ends with Escape. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useKeys } from "../app/keys";
import { say } from "../words/words";

interface DialogProps {
  title: string;
  children: ReactNode;
  onClose: () => void;
  /** Buttons at the end; without any there is one that closes. */
  actions?: ReactNode;
  wide?: boolean;
}

export function Dialog({ title, children, onClose, actions, wide = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useKeys({}, true);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={wide ? "dialog wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <div className="dialog-content">{children}</div>
      <div className="dialog-actions">
        {actions ?? (
          <button type="button" onClick={onClose}>
            {say("close")}
          </button>
        )}
      </div>
    </dialog>
  );
}
