/** The page: first who is asking, then the shell around the screens. */
import { useEffect, useState } from "react";
import { onUnknownCaller } from "../api/client";
import { Problem } from "../api/problem";
import { useAnswer } from "../api/query";
import type { Session } from "../api/types";
import { Failed, Loading } from "../components/states";
import { feed } from "../feed/feed";
import { useSettings } from "../settings";
import { Shell } from "./Shell";
import { SignIn } from "./SignIn";
import { SessionContext } from "./session";

export function App() {
  useSettings();
  const session = useAnswer<Session>("/session");
  const [unknown, setUnknown] = useState(false);
  useEffect(() => onUnknownCaller(() => setUnknown(true)), []);
  const known = session.data !== undefined && !unknown;
  useEffect(() => {
    if (!known) return;
    feed.start();
    return () => feed.stop();
  }, [known]);

  const signedIn = () => {
    setUnknown(false);
    session.reload();
  };
  const asked = session.error instanceof Problem && session.error.status === 401;
  if (unknown || asked) return <SignIn onSignedIn={signedIn} />;
  if (session.data !== undefined) {
    return (
      <SessionContext value={session.data}>
        <Shell onSignedOut={() => setUnknown(true)} />
      </SessionContext>
    );
  }
  return session.error ? <Failed error={session.error} onRetry={session.reload} /> : <Loading />;
}
