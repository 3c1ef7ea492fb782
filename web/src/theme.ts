/** Light, dark, or what the system says. Kept in this browser. */

export type Theme = "system" | "light" | "dark";
const order: Theme[] = ["system", "light", "dark"];
export const themeNames: Record<Theme, string> = { system: "auto", light: "light", dark: "dark" };

export function theme(): Theme {
  try {
    const kept = localStorage.getItem("theme");
    return order.find((t) => t === kept) ?? "system";
  } catch {
    return "system"; // a browser that keeps nothing
  }
}

export function showTheme(t: Theme) {
  if (t === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = t;
}

export function nextTheme(): Theme {
  const next = order[(order.indexOf(theme()) + 1) % order.length] ?? "system";
  try {
    localStorage.setItem("theme", next);
  } catch {
    // It holds as long as the page is open.
  }
  showTheme(next);
  return next;
}
