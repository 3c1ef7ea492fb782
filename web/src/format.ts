/** Numbers, times and durations for people. Pure. */

const grouped = new Intl.NumberFormat("en-US");
export const number = (n: number) => grouped.format(n);

/** 7, 0.3, 1,204: few digits, so that a column can be read down. */
export const rate = (n: number) => (n === 0 ? "0" : n < 10 ? n.toFixed(1) : number(Math.round(n)));

/** @param ms  milliseconds */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const s = Math.abs(ms) / 1000;
  if (s < 0.001) return s === 0 ? "0 ms" : `${(s * 1e6).toFixed(0)} µs`;
  if (s < 1) return `${s * 1000 < 10 ? (s * 1000).toFixed(1) : (s * 1000).toFixed(0)} ms`;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : s.toFixed(0)} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min${s % 60 >= 1 ? ` ${Math.floor(s % 60)} s` : ""}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ""}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** From one time to another, or to now. */
export const tookFrom = (from: string, to: string | undefined, now: number) => duration((to ? Date.parse(to) : now) - Date.parse(from));

export function relative(at: string, now: number): string {
  const ms = Date.parse(at) - now;
  const s = Math.abs(ms) / 1000;
  const text =
    s < 1 ? "now" : s < 60 ? `${Math.floor(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min` : s < 172800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  if (text === "now") return text;
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

export const clockTime = (at: string) => new Date(at).toLocaleTimeString("en-GB", { hour12: false });
export const fullTime = (at: string) => {
  const t = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
};

/** A text that is no number goes as it is: the server says what is wrong with it. */
export const numeric = (text: string) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

/** A time of this browser's clock, as the REST interface takes it. */
export function momentOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? local : at.toISOString();
}

/** A moment as a field shows it, in the time of this browser. */
export function localText(moment: string | undefined): string {
  if (!moment) return "";
  const t = new Date(moment);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}T${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (n >= 1024 && at < units.length - 1) {
    n /= 1024;
    at++;
  }
  return `${at === 0 || n >= 100 ? n.toFixed(0) : n.toFixed(1)} ${units[at]}`;
}

export const plural = (n: number, one: string, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
export const pretty = (value: unknown) => JSON.stringify(value, null, 2);
export const percent = (part: number) => `${(part * 100).toFixed(part === 1 || part === 0 ? 0 : 1)} %`;

/** 1, 2, 3, 4, 5, 6, 8, 10, 20 and so on: the top of an axis. */
export function niceTop(most: number): number {
  let unit = 1;
  for (;;) {
    for (const step of [1, 2, 3, 4, 5, 6, 8]) if (most <= step * unit) return step * unit;
    unit *= 10;
  }
}
