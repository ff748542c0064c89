// The search: every word must be in an entry, and counts more in its headings; all of
// them, more if a row of a table or a setting there has that name. UnknownKey finds
// unknown_key.
(() => {
  const form = document.getElementById("search");
  const input = form.querySelector("input");
  const list = document.getElementById("found");
  const status = document.getElementById("status");
  const top = document.documentElement.dataset.top;
  let loading;

  // The index is fetched when somebody wants to search, once.
  const load = () => loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = top + "assets/search-index.js";
    script.onload = () => resolve(window.searchIndex);
    script.onerror = reject;
    document.head.append(script);
  });

  const flat = (text) => text.toLowerCase().replaceAll("_", "");

  const score = (entry, words, name) => {
    let sum = entry.k?.some((key) => flat(key) === name) ? 15 : 0;
    const head = flat(entry.h), page = flat(entry.p), text = flat(entry.t);
    for (const word of words) {
      if (head.includes(word)) sum += head === word ? 40 : 20;
      else if (page.includes(word)) sum += 8;
      else if (text.includes(word)) sum += 1;
      else return 0;
    }
    return entry.u.startsWith("docs/") ? 3 * sum : sum; // how to use it, before how it is made
  };

  // "Sessions" finds a session, too.
  const stem = (word) => word.length > 4 ? word.replace(/(?:ing|ed|es|e|s)$/, "") : word;

  // What stands around the first word, with all words marked.
  const excerpt = (text, words) => {
    const any = new RegExp(`(${words.map((word) => [...word].map((c) => c.replace(/\W/, "\\$&")).join("_?")).join("|")})`, "i");
    const at = Math.max(0, text.search(any) - 40);
    const line = document.createElement("span");
    const piece = (at > 0 ? "…" : "") + text.slice(at, at + 150) + (at + 150 < text.length ? "…" : "");
    for (const [i, part] of piece.split(any).entries()) {
      if (i % 2) {
        const mark = document.createElement("mark");
        mark.textContent = part;
        line.append(mark);
      } else line.append(part);
    }
    return line;
  };

  const search = async () => {
    const asked = input.value;
    const words = flat(asked).split(/\s+/).filter(Boolean).map(stem);
    const name = flat(asked).replaceAll(/\s/g, "");
    if (!words.length) return close();
    let entries;
    try { entries = await load(); } catch { status.textContent = "The index cannot be loaded."; return; }
    if (asked !== input.value) return;
    const found = entries.map((entry) => [score(entry, words, name), entry]).filter(([n]) => n).sort((a, b) => b[0] - a[0]);
    list.replaceChildren(...found.slice(0, 12).map(([, entry]) => {
      const item = document.createElement("li"), link = document.createElement("a"), title = document.createElement("strong");
      link.href = top + entry.u;
      title.textContent = entry.h === entry.p ? entry.p : `${entry.p} › ${entry.h}`;
      link.append(title, excerpt(entry.t, words));
      item.append(link);
      return item;
    }));
    list.hidden = found.length === 0;
    status.textContent = found.length === 0 ? "Nothing found." : `${found.length} found.`;
    status.hidden = false;
  };

  const close = () => { list.hidden = true; status.hidden = true; list.replaceChildren(); };

  const links = () => [...list.querySelectorAll("a")];
  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); links()[0]?.click(); });
  input.addEventListener("focus", () => { load().catch(() => {}); });
  input.addEventListener("input", search);
  document.addEventListener("keydown", (event) => {
    const within = form.contains(document.activeElement);
    if (event.key === "/" && !within && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    } else if (event.key === "Escape" && within) {
      close();
      input.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && within) {
      const all = [input, ...links()];
      const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, at))].focus();
    }
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) close(); });
})();
