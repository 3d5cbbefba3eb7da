/** Says critical alerts aloud to those who do not look at the page: read out, and if switched on with sound and notice. */

import { useEffect, useState } from "react";
import type { AlertEvent, FeedEvent } from "../api/types";
import { useFeedEvents } from "../feed/feed";
import { settings } from "../settings";
import { policyText } from "../words/policyTexts";
import { causeInWords } from "../words/sentences";
import { whose } from "../words/whose";
import { say } from "../words/words";

const PAUSE_MS = 3_000;
const TONES_HZ = [880, 660];
const TONE_S = 0.14;

let lastSoundMs = 0;
let audio: AudioContext | null = null;

/** A person's first click or key: before it browsers play nothing. */
function wakeAudio(): void {
  if (!settings().sound) return;
  audio ??= new AudioContext();
  void audio.resume();
}

export function CriticalWatch({ title }: { title: string }) {
  const [said, setSaid] = useState("");
  const [missed, setMissed] = useState(0);

  useEffect(() => {
    window.addEventListener("pointerdown", wakeAudio);
    window.addEventListener("keydown", wakeAudio);
    const seen = () => {
      if (document.visibilityState === "visible") setMissed(0);
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      window.removeEventListener("pointerdown", wakeAudio);
      window.removeEventListener("keydown", wakeAudio);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  useEffect(() => {
    document.title = missed > 0 ? `(${missed}) ${title}` : title;
  }, [missed, title]);

  useFeedEvents((events) => {
    const critical = events.filter(isCritical).map(({ event }) => event as AlertEvent);
    const last = critical.at(-1);
    if (last === undefined) return;
    const what = `${whose(last.account_id)}: ${causeInWords(last)}`;
    setSaid(say("critical_announced", { what }));
    if (document.visibilityState === "hidden") setMissed((before) => before + critical.length);
    const now = Date.now();
    if (now - lastSoundMs < PAUSE_MS) return;
    lastSoundMs = now;
    if (settings().sound) play();
    if (settings().notices && Notification.permission === "granted") {
      new Notification(say("critical_announced", { what }), {
        tag: "obligor-critical",
        body: policyText(last.measure),
      });
    }
  });

  return (
    <div className="visually-hidden" aria-live="assertive">
      {said}
    </div>
  );
}

function isCritical({ topic, event }: FeedEvent): boolean {
  if (topic !== "alerts" || event.level !== "critical" || event.snoozed_until) return false;
  return event.type === "alert_raised" || event.type === "alert_escalated";
}

function play(): void {
  if (audio === null || audio.state !== "running") return;
  TONES_HZ.forEach((frequency, number) => {
    if (audio === null) return;
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const from = audio.currentTime + number * TONE_S;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.12, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + TONE_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + TONE_S);
  });
}
