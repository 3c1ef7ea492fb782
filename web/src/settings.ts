/** The settings in effect, and how they are found. Pure. */
import type { Setting, SettingValue } from "./types";

/** As it is given to `--set`: a list has commas. */
export const valueText = (v: SettingValue | undefined) => (Array.isArray(v) ? v.join(", ") : String(v ?? ""));

export interface Wish {
  text: string;
  section: string;
  changed: boolean;
}

/** Each word is somewhere in the name, the sentence, the value or the origin. */
export function matching(all: readonly Setting[], wish: Wish): Setting[] {
  const words = wish.text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((s) => {
    if ((wish.changed && !s.changed) || (wish.section && s.section !== wish.section)) return false;
    const text = [s.name, s.sentence, valueText(s.value), s.origin.place ?? ""].join(" ").toLowerCase();
    return words.every((w) => text.includes(w));
  });
}
