/** What a person may choose for this browser, and the way out. */
import { useState } from "react";
import type { Session } from "../api/types";
import { changeSettings, type Settings, useSettings } from "../settings";
import { say, sayIfKnown } from "../words/words";
import { Dialog } from "./Dialog";
import { toast } from "./toasts";

const ZONES = ["UTC", "Europe/Berlin", "Europe/London", "Asia/Shanghai", "Asia/Singapore", "America/New_York"];

export function SettingsMenu({ session, onSignOut }: { session: Session; onSignOut: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="person" onClick={() => setOpen(true)}>
        <span aria-hidden="true">⚙</span> {session.name}
        <span className="visually-hidden">{say("settings")}</span>
      </button>
      {open && <SettingsDialog session={session} onSignOut={onSignOut} onClose={() => setOpen(false)} />}
    </>
  );
}

interface SettingsDialogProps {
  session: Session;
  onSignOut: () => void;
  onClose: () => void;
}

function SettingsDialog({ session, onSignOut, onClose }: SettingsDialogProps) {
  const chosen = useSettings();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const roles = session.roles.map((role) => sayIfKnown(`person_${role}`, role)).join(", ");
  return (
    <Dialog title={say("settings")} onClose={onClose}>
      <div className="settings">
        <Choice
          label={say("theme")}
          value={chosen.theme}
          options={[
            ["system", say("theme_system")],
            ["light", say("theme_light")],
            ["dark", say("theme_dark")],
          ]}
          onChange={(theme) => changeSettings({ theme: theme as Settings["theme"] })}
        />
        <Choice
          label={`${say("language")} / 语言`}
          value={chosen.language}
          options={[
            ["en", "English"],
            ["zh", "中文"],
          ]}
          onChange={(language) => changeSettings({ language: language as Settings["language"] })}
        />
        <Choice
          label={say("time_zone")}
          value={chosen.timeZone}
          options={[["", say("time_zone_local", { zone })], ...ZONES.map((name) => [name, name] as [string, string])]}
          onChange={(timeZone) => changeSettings({ timeZone })}
        />
        <Choice
          label={say("density")}
          value={chosen.density}
          options={[
            ["compact", say("density_compact")],
            ["comfortable", say("density_comfortable")],
          ]}
          onChange={(density) => changeSettings({ density: density as Settings["density"] })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={chosen.sound}
            onChange={(event) => changeSettings({ sound: event.target.checked })}
          />
          {say("sound")}
        </label>
        <label className="check">
          <input type="checkbox" checked={chosen.notices} onChange={(event) => chooseNotices(event.target.checked)} />
          {say("desktop_notices")}
        </label>
        <p className="dim">
          {say("signed_in_as", { name: session.name })} ({roles})
        </p>
        <button type="button" onClick={onSignOut}>
          {say("sign_out")}
        </button>
      </div>
    </Dialog>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

async function chooseNotices(wanted: boolean): Promise<void> {
  if (wanted && (!("Notification" in window) || (await Notification.requestPermission()) !== "granted")) {
    toast("problem", say("notices_denied"));
    return;
  }
  changeSettings({ notices: wanted });
}
