// Where the reader is: the menu is scrolled to the page, and the headings beside it
// show which of them is being read.
(() => {
  const menu = document.getElementById("menu"), here = menu.querySelector("[aria-current]");
  if (here) menu.scrollTop += here.getBoundingClientRect().top - menu.getBoundingClientRect().top - menu.clientHeight / 2;

  const links = [...document.querySelectorAll(".heads a")];
  const heads = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  let drawn = false;
  const show = () => {
    drawn = false;
    const at = heads.findLastIndex((head) => head.getBoundingClientRect().top < innerHeight / 3);
    links.forEach((link, i) => i === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
  };
  addEventListener("scroll", () => { if (!drawn) drawn = requestAnimationFrame(show); }, { passive: true });
  show();
})();
