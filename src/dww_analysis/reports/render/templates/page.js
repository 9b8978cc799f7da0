(function () {
  "use strict";
  var root = document.documentElement;
  var buttons = Array.prototype.slice.call(document.querySelectorAll("[data-choose]"));
  var blocks = Array.prototype.slice.call(document.querySelectorAll("[data-language]"));

  // Show one language: the others are hidden for everybody, screen readers included.
  function show(language) {
    root.dataset.shown = language;
    root.lang = language;
    blocks.forEach(function (b) { b.hidden = b.dataset.language !== language; });
    buttons.forEach(function (b) {
      var chosen = b.dataset.choose === language;
      b.setAttribute("aria-pressed", String(chosen));
      if (chosen) { document.title = b.dataset.title; }
    });
  }

  // The element with an id of this language that is at or just above the top of the window, and its distance from it.
  function place(language) {
    var found = null;
    document.querySelectorAll('#report-' + language + ' [id$="-' + language + '"]').forEach(function (e) {
      var box = e.getBoundingClientRect();
      if (box.height > 0 && box.top <= 90 && (!found || box.top >= found.top)) { found = { id: e.id, top: box.top, height: box.height }; }
    });
    return found;
  }

  function twin(id, from, to) { return document.getElementById(id.slice(0, -from.length) + to); }

  function choose(language) {
    var old = root.dataset.shown;
    if (old === language) { return; }
    var here = place(old);
    var opened = [];
    document.querySelectorAll("#report-" + old + " details").forEach(function (d) { opened.push(d.open); });
    show(language);
    document.querySelectorAll("#report-" + language + " details").forEach(function (d, i) { d.open = opened[i]; });
    var target = here && twin(here.id, old, language);
    if (target) {
      var box = target.getBoundingClientRect();
      var share = here.height > 0 ? Math.min(0, here.top - 60) / here.height : 0;
      var top = here.top >= 0 ? here.top : 60 + share * box.height;
      window.scrollBy(0, box.top - top);
    }
    if (location.hash.slice(-old.length - 1) === "-" + old) {
      history.replaceState(null, "", location.hash.slice(0, -old.length) + language);
    }
    mark();
  }

  // The section being read, in the contents.
  function mark() {
    var language = root.dataset.shown, current = null;
    document.querySelectorAll("#report-" + language + " main > section").forEach(function (s) {
      if (s.getBoundingClientRect().top <= 120) { current = s.id; }
    });
    document.querySelectorAll("#report-" + language + " .contents a").forEach(function (a) {
      if (a.getAttribute("href") === "#" + current) { a.setAttribute("aria-current", "true"); } else { a.removeAttribute("aria-current"); }
    });
  }

  function fromHash() {
    var end = location.hash.split("-").pop();
    var known = buttons.some(function (b) { return b.dataset.choose === end; });
    if (known && end !== root.dataset.shown) { show(end); }
    var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target) { target.scrollIntoView(); }
    mark();
  }

  buttons.forEach(function (b) { b.addEventListener("click", function () { choose(b.dataset.choose); }); });
  document.querySelectorAll("[data-theme-choice]").forEach(function (s) {
    s.addEventListener("change", function () {
      if (s.value === "auto") { delete root.dataset.theme; } else { root.dataset.theme = s.value; }
      document.querySelectorAll("[data-theme-choice]").forEach(function (o) { o.value = s.value; });
    });
  });
  window.addEventListener("scroll", mark, { passive: true });
  window.addEventListener("hashchange", fromHash);
  // Paper has no folds.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (d) { d.dataset.folded = "1"; d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-folded]").forEach(function (d) { d.open = false; delete d.dataset.folded; });
  });
  var narrow = window.matchMedia("(max-width: 60rem)").matches;
  if (narrow) { document.querySelectorAll(".contents details").forEach(function (d) { d.open = false; }); }
  show(root.dataset.shown);
  fromHash();
})();
