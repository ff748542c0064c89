// By day or by night as the system says, or as the reader chose. It runs before
// anything is drawn, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const show = (theme) => { if (theme) root.dataset.theme = theme; else delete root.dataset.theme; };
  show(stored());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = () => button.setAttribute("aria-pressed", String(dark()));
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      const theme = dark() ? "light" : "dark";
      try { localStorage.setItem("theme", theme); } catch { /* for this page, then */ }
      show(theme);
      label();
    });
  });
})();
