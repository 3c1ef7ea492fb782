/** Keys: single ones, and those behind `g` ("go"). None while somebody types. */
import { useEffect, useRef } from "preact/hooks";

export type Keys = Record<string, (e: KeyboardEvent) => void>;

const layers: { current: Keys }[] = [];
let prefix = "";
let prefixTimer = 0;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (isTyping(e.target)) {
    if (e.key === "Escape") (e.target as HTMLElement).blur();
    return;
  }
  // A dialog has the keyboard to itself.
  if (document.querySelector("dialog[open]")) return;
  // Enter on a link or a button is the browser's.
  if (e.key === "Enter" && e.target instanceof HTMLElement && /^(a|button|summary)$/i.test(e.target.tagName)) return;
  const name = prefix + e.key;
  prefix = "";
  for (let i = layers.length - 1; i >= 0; i--) {
    const act = layers[i]?.current[name];
    if (act) {
      e.preventDefault();
      act(e);
      return;
    }
  }
  if (e.key === "g") {
    prefix = "g ";
    clearTimeout(prefixTimer);
    prefixTimer = window.setTimeout(() => (prefix = ""), 1200);
  }
});

/** The keys of a view, while it is there; a later view's come before an earlier one's. */
export function useKeys(keys: Keys) {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}
