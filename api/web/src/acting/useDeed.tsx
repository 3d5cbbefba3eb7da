import { type ReactNode, useState } from "react";
import { DeedDialog, type Subject } from "./DeedDialog";
import { DEEDS, type DeedName } from "./deeds";

interface Doing {
  deed: DeedName;
  subject: Subject;
}

interface UsedDeed {
  begin: (deed: DeedName, subject: Subject) => void;
  /** The dialog of the deed that was begun; null while there is none. */
  dialog: ReactNode;
}

/** Lets a screen do deeds, one at a time; `newest` is the account's version by now, `onDone` reads the screen again. */
export function useDeed(onDone: () => void, newest: string | null = null): UsedDeed {
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = (done: boolean) => {
    setDoing(null);
    if (done) onDone();
  };
  return {
    begin: (deed, subject) => setDoing({ deed, subject }),
    dialog: doing && <DeedDialog deed={DEEDS[doing.deed]} subject={doing.subject} newest={newest} onClose={close} />,
  };
}
