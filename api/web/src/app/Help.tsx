/** Which key does what. */
import { Dialog } from "../components/Dialog";
import type { Word } from "../words/en";
import { say } from "../words/words";
import { SCREENS } from "./screens";

const KEYS: [string, Word][] = [
  ["j", "key_next"],
  ["k", "key_previous"],
  ["Enter", "key_open"],
  ["x", "key_select"],
  ["w", "key_switch"],
  ["n", "key_new"],
  ["a", "key_acknowledge"],
  ["t", "key_assign"],
  ["s", "key_snooze"],
  ["c", "key_close_alert"],
  ["r", "key_release"],
  ["f", "key_refer"],
  ["d", "key_reject"],
  ["p", "key_prepayment"],
  ["/", "key_search"],
  ["?", "key_help"],
  ["Esc", "key_escape"],
];

export function Help({ onClose }: { onClose: () => void }) {
  const going = SCREENS.map(({ key, word }) => [`g ${key}`, say("key_go", { screen: say(word) })] as const);
  const rows = [...KEYS.map(([key, word]) => [key, say(word)] as const), ...going];
  return (
    <Dialog title={say("help")} onClose={onClose} wide>
      <dl className="keys">
        {rows.map(([key, text]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
