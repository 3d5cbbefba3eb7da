/** What is around every screen: navigation, search, the strip, keys, messages. */
import { Suspense, useState } from "react";
import { send } from "../api/client";
import { CriticalWatch } from "../components/CriticalWatch";
import { ScreenBoundary } from "../components/ScreenBoundary";
import { Search } from "../components/Search";
import { SettingsMenu } from "../components/SettingsMenu";
import { StatusStrip } from "../components/StatusStrip";
import { Empty, Loading } from "../components/states";
import { Toasts, toast } from "../components/toasts";
import { useCaughtUp } from "../feed/feed";
import { count } from "../format";
import { say } from "../words/words";
import { Help } from "./Help";
import { useKeys } from "./keys";
import { goTo, hrefOf, useRoute } from "./router";
import { SCREENS } from "./screens";
import { useSession } from "./session";

export function Shell({ onSignedOut }: { onSignedOut: () => void }) {
  const { screen, parts } = useRoute();
  const [help, setHelp] = useState(false);
  const session = useSession();
  const shown = SCREENS.find(({ route }) => route === screen);
  const title = shown ? `${say(shown.word)} · ${say("app_name")}` : say("app_name");

  const going = SCREENS.map(({ route, key }) => [`g ${key}`, () => goTo(hrefOf([route]))] as const);
  useKeys({
    ...Object.fromEntries(going),
    "?": () => setHelp(true),
    "/": () => document.querySelector<HTMLInputElement>("#search")?.focus(),
    Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
  });
  useCaughtUp(({ events, reset }) => {
    if (reset) toast("note", say("reset_reloaded"));
    else if (events > 0) toast("note", say("caught_up", { count: count(events) }));
    else toast("done", say("caught_up_none"));
  });

  const signOut = () => {
    send("DELETE", "/session").then(onSignedOut, onSignedOut);
  };

  return (
    <div className="shell">
      <button type="button" className="skip" onClick={skipToContent}>
        {say("skip_to_content")}
      </button>
      <header className="top">
        <a className="brand" href="#/desk">
          <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="22" height="22" />
          {say("app_name")}
        </a>
        <nav aria-label={say("app_name")}>
          {SCREENS.filter(({ listed }) => listed).map(({ route, word }) => (
            <a key={route} href={hrefOf([route])} aria-current={route === screen ? "page" : undefined}>
              {say(word)}
            </a>
          ))}
        </nav>
        <Search />
        <button type="button" className="icon" title={`${say("help")} (?)`} onClick={() => setHelp(true)}>
          ?<span className="visually-hidden">{say("help")}</span>
        </button>
        <SettingsMenu session={session} onSignOut={signOut} />
      </header>
      <StatusStrip />
      <main id="content" className="content" tabIndex={-1}>
        <ScreenBoundary key={screen}>
          <Suspense fallback={<Loading />}>
            {shown ? <shown.component parts={parts} /> : <Empty>{say("not_found")}</Empty>}
          </Suspense>
        </ScreenBoundary>
      </main>
      <CriticalWatch title={title} />
      <Toasts />
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function skipToContent(): void {
  // The address belongs to the screens; only the focus moves.
  document.getElementById("content")?.focus();
}
