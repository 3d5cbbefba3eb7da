/** The way in for people who have a name and a password. */
import { type FormEvent, useState } from "react";
import { send } from "../api/client";
import { Problem } from "../api/problem";
import { errorInWords } from "../components/states";
import { say } from "../words/words";

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setTrouble("");
    try {
      await send("POST", "/session", { name: form.get("name"), password: form.get("password") });
      onSignedIn();
    } catch (error) {
      const wrong = error instanceof Problem && [400, 401, 403, 422].includes(error.status);
      setTrouble(wrong ? say("sign_in_failed") : errorInWords(error as Error));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>{say("app_name")}</h1>
        <p>{say("sign_in_wanted")}</p>
        <label>
          {say("sign_in_name")}
          <input name="name" autoComplete="username" required />
        </label>
        <label>
          {say("sign_in_password")}
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {trouble && (
          <p className="problem" role="alert">
            {trouble}
          </p>
        )}
        <button type="submit" className="primary" disabled={busy}>
          {say("sign_in")}
        </button>
        <p className="hint">{say("sign_in_link")}</p>
      </form>
    </main>
  );
}
