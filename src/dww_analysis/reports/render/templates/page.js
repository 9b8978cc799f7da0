(function () {
  "use strict";
  var root = document.documentElement;
  var all = function (selector, below) { return Array.prototype.slice.call((below || document).querySelectorAll(selector)); };
  var languages = all(".switch [data-choose]"), doors = all(".doors [data-choose]");
  var blocks = all("[data-language]"), themes = all("[data-theme-choice]");
  var bar = document.querySelector(".bar"), field = document.querySelector("[data-search]");
  var first = { language: root.dataset.shown, door: root.dataset.door, theme: "auto", search: "" };

  function below() { return bar.offsetHeight + 12; }
  function press(buttons, chosen) {
    buttons.forEach(function (b) { b.setAttribute("aria-pressed", String(b.dataset.choose === chosen)); });
  }

  // Show one language: the others are hidden for everybody, screen readers included.
  function show(language) {
    root.dataset.shown = language;
    root.lang = language;
    blocks.forEach(function (b) { b.hidden = b.dataset.language !== language; });
    press(languages, language);
    field.placeholder = all("span[data-language]", field.parentElement).filter(function (s) { return !s.hidden; })[0].textContent;
    languages.forEach(function (b) { if (b.dataset.choose === language) { document.title = b.dataset.title; } });
  }

  // The element with an id of this language that is at or just above the top of the window, and its distance from it.
  function place(language) {
    var found = null, edge = below() + 18;
    all('#report-' + language + ' [id$="-' + language + '"]').forEach(function (e) {
      var box = e.getBoundingClientRect();
      if (box.height > 0 && box.top <= edge && (!found || box.top >= found.top)) { found = { id: e.id, top: box.top, height: box.height }; }
    });
    return found;
  }

  function twin(id, from, to) { return document.getElementById(id.slice(0, -from.length) + to); }

  function choose(language) {
    var old = root.dataset.shown;
    if (old === language) { return; }
    var here = place(old);
    var opened = all("#report-" + old + " details").map(function (d) { return d.open; });
    show(language);
    all("#report-" + language + " details").forEach(function (d, i) { if (i < opened.length) { d.open = opened[i]; } });
    cues();
    var target = here && twin(here.id, old, language);
    if (target) {
      var box = target.getBoundingClientRect();
      var share = here.height > 0 ? Math.min(0, here.top - 60) / here.height : 0;
      var top = here.top >= 0 ? here.top : 60 + share * box.height;
      window.scrollBy(0, box.top - top);
    }
    var at = state().place;
    search(field.value);
    write(at.slice(-old.length - 1) === "-" + old ? at.slice(0, -old.length) + language : at);
    settle();
  }

  // Open a door; what is being read stays where it is when it stands behind that door too.
  function enter(door) {
    var here = place(root.dataset.shown), target = here && document.getElementById(here.id);
    root.dataset.door = door;
    press(doors, door);
    cues();
    if (target && target.getBoundingClientRect().height > 0) { window.scrollBy(0, target.getBoundingClientRect().top - here.top); } else { window.scrollTo(0, 0); }
    settle();
  }

  function look(theme) {
    if (theme === "auto") { delete root.dataset.theme; } else { root.dataset.theme = theme; }
    themes.forEach(function (s) { s.value = theme; });
  }

  // The address says where somebody is: a place, then what is not as it was at first.
  function state() {
    var found = { place: "" };
    location.hash.slice(1).split("&").forEach(function (part) {
      var cut = part.indexOf("=");
      try {
        if (cut > 0) { found[part.slice(0, cut)] = decodeURIComponent(part.slice(cut + 1)); } else if (part) { found.place = decodeURIComponent(part); }
      } catch (error) { /* not an address that this page wrote */ }
    });
    return found;
  }

  function write(at) {
    var element = at && document.getElementById(at), own = element && element.closest("[data-doors]");
    var now = { language: root.dataset.shown, door: root.dataset.door, theme: root.dataset.theme || "auto", search: field.value.trim() };
    var parts = element ? [encodeURIComponent(at)] : [];
    Object.keys(now).forEach(function (name) {
      var plain = first[name];
      if (element && name === "language") { plain = now.language; }
      if (own && name === "door") { plain = home(own); }
      if (now[name] !== plain) { parts.push(name + "=" + encodeURIComponent(now[name])); }
    });
    history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
  }

  // The door by which a place is found: the first one, where it stands behind that.
  function home(element) {
    var behind = element.dataset.doors.split(" ");
    return behind.indexOf(first.door) >= 0 ? first.door : behind[0];
  }

  function reveal(element) {
    var own = element.closest("[data-doors]");
    if (own && own.dataset.doors.split(" ").indexOf(root.dataset.door) < 0) { root.dataset.door = home(own); press(doors, root.dataset.door); }
    for (var e = element; e; e = e.parentElement) { if (e.tagName === "DETAILS") { e.open = true; } }
  }

  function fromAddress() {
    var wanted = state(), target = wanted.place && document.getElementById(wanted.place);
    var inside = target && target.closest(".language");
    var known = function (buttons, id) { return buttons.some(function (b) { return b.dataset.choose === id; }); };
    var language = inside ? inside.dataset.language : wanted.language;
    if (known(languages, language) && language !== root.dataset.shown) { show(language); }
    if (known(doors, wanted.door)) { root.dataset.door = wanted.door; press(doors, wanted.door); }
    if (["light", "dark"].indexOf(wanted.theme) >= 0) { look(wanted.theme); }
    if (wanted.search) { field.value = wanted.search; search(wanted.search); }
    if (target) { reveal(target); }
    settle();
    if (target) { target.scrollIntoView(); mark(); }
    write(wanted.place);
  }

  // The section being read, in the contents.
  function mark() {
    var language = root.dataset.shown, current = null, edge = below() + 48;
    all("#report-" + language + " main > section").forEach(function (s) {
      var box = s.getBoundingClientRect();
      if (box.height > 0 && box.top <= edge) { current = s.id; }
    });
    all("#report-" + language + " .contents > details > ol > li > a").forEach(function (a) {
      if (a.getAttribute("href") === "#" + current) { a.setAttribute("aria-current", "true"); } else { a.removeAttribute("aria-current"); }
    });
  }

  // What scrolls sideways says so while there is more.
  function cues() {
    all("#report-" + root.dataset.shown + " .scroll-cue").forEach(function (cue) {
      var region = cue.previousElementSibling;
      cue.hidden = region.scrollWidth - region.clientWidth - region.scrollLeft <= 2;
    });
  }

  function settle() {
    root.style.setProperty("--bar", below() + "px");
    mark();
    cues();
  }

  // --- search: every place of this language that has the words, also behind other doors
  var MOST = 40, ROUND = 60, UNITS = "h2, h3, h4, p, li, dt, dd, tr, caption, figcaption, .figure-head";
  var index = {};
  function plain(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }

  function places(language) {
    if (!index[language]) {
      index[language] = all("#report-" + language + " main > section").reduce(function (found, section) {
        var title = section.querySelector("h2").textContent;
        return found.concat(all(UNITS, section).filter(function (e) { return !e.querySelector(UNITS) && !e.classList.contains("scroll-cue"); }).map(function (e) {
          var text = (e.tagName === "TR" ? all("th, td", e).map(function (c) { return c.textContent; }).join("  ") : e.textContent).replace(/\s+/g, " ").trim();
          return { element: e, title: title, text: text, plain: plain(text) };
        }));
      }, []);
    }
    return index[language];
  }

  function search(asked) {
    var language = root.dataset.shown, words = plain(asked.trim());
    all(".hits").forEach(function (h) { h.hidden = true; });
    if (window.CSS && CSS.highlights) { CSS.highlights.delete("found"); }
    if (words.length < 2) { return; }
    var box = document.getElementById("hits-" + language), list = box.querySelector("ol");
    var hits = places(language).filter(function (p) { return p.plain.indexOf(words) >= 0; });
    var said = hits.length === 0 ? box.dataset.none : hits.length === 1 ? box.dataset.one : box.dataset.many;
    if (hits.length > MOST) { said += " " + box.dataset.most.replace("{n}", MOST); }
    box.querySelector("p").textContent = said.replace("{n}", hits.length);
    list.textContent = "";
    hits.slice(0, MOST).forEach(function (hit) {
      var line = document.createElement("li"), button = document.createElement("button"), where = document.createElement("span");
      var at = hit.plain.indexOf(words), from = Math.max(0, at - ROUND), to = at + words.length + ROUND;
      where.textContent = hit.title;
      button.type = "button";
      button.append(where, " " + (from ? "…" : "") + hit.text.slice(from, to) + (to < hit.text.length ? "…" : ""));
      button.addEventListener("click", function () { go(hit.element, words); });
      line.append(button);
      list.append(line);
    });
    box.hidden = false;
    var top = box.getBoundingClientRect().top;
    if (document.activeElement === field && (top < below() || top > window.innerHeight / 2)) { window.scrollBy(0, top - below() - 12); }
  }

  function go(element, words) {
    reveal(element);
    settle();
    element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: true });
    window.scrollBy(0, element.getBoundingClientRect().top - below() - 24);
    if (window.CSS && CSS.highlights && window.Highlight) { CSS.highlights.set("found", new Highlight(...ranges(element, words))); }
    write(state().place);
  }

  function ranges(element, words) {
    var found = [], walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (var node; (node = walker.nextNode());) {
      var text = plain(node.data);
      if (text.length !== node.data.length) { continue; }
      for (var at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
        var range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + words.length);
        found.push(range);
      }
    }
    return found;
  }

  // --- a table to take along: cells with tabs between, and a line that says where they come from
  function cell(element) {
    var text = element.textContent.replace(/[\u2007\u2008]/g, "").replace(/\s+/g, " ").trim().replace(/\u2212(?=[\d.,])/g, "-");
    return /^([=+@\t\r]|-(?![\d.,]))/.test(text) ? "'" + text : text;
  }

  function copied(box) {
    var table = box.querySelector("table"), own = box.closest(".language");
    var rows = all("tr", table).map(function (tr) { return all("th, td", tr).map(cell); });
    var ids = all("tr[data-estimate]", table).map(function (tr) { return tr.dataset.estimate; }).filter(Boolean);
    var id = box.id.replace(/^table-/, "").slice(0, -own.lang.length - 1).replace(/\.\d+$/, "");
    var lines = [own.dataset.source.replace("{table}", id)];
    if (ids.length) { lines.push(own.dataset.results.replace("{ids}", ids.filter(function (v, i) { return ids.indexOf(v) === i; }).join(", "))); }
    var caption = table.querySelector("caption").textContent.trim();
    return { text: [caption].concat(rows.map(function (r) { return r.join("\t"); }), lines).join("\n"), rows: rows, lines: lines, caption: caption };
  }

  function markup(taken) {
    var document_ = document.implementation.createHTMLDocument(""), table = document_.createElement("table");
    table.createCaption().textContent = taken.caption;
    taken.rows.forEach(function (row, i) {
      var line = table.insertRow();
      row.forEach(function (text) { line.appendChild(document_.createElement(i ? "td" : "th")).textContent = text; });
    });
    var lines = taken.lines.map(function (text) { var p = document_.createElement("p"); p.textContent = text; return p.outerHTML; });
    return table.outerHTML + lines.join("");
  }

  function copy(box, button) {
    var taken = copied(box), own = box.closest(".language").dataset;
    var done = function (word) {
      button.textContent = word;
      window.setTimeout(function () { button.textContent = own.copy; }, 3000);
    };
    var fallback = function () {
      var area = document.createElement("textarea");
      area.value = taken.text;
      box.append(area);
      area.select();
      var worked = document.execCommand("copy");
      area.remove();
      button.focus();
      done(worked ? own.copied : own.notCopied);
    };
    if (!navigator.clipboard || !window.ClipboardItem) { fallback(); return; }
    var blob = function (text, type) { return new Blob([text], { type: type }); };
    navigator.clipboard.write([new ClipboardItem({ "text/plain": blob(taken.text, "text/plain"), "text/html": blob(markup(taken), "text/html") })])
      .then(function () { done(own.copied); }, fallback);
  }

  all("main .tablebox").forEach(function (box) {
    var notes = box.querySelector(".notes") || box.appendChild(document.createElement("div"));
    notes.className = "notes";
    var line = notes.querySelector(".download") || notes.appendChild(document.createElement("p"));
    line.className = "download";
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = box.closest(".language").dataset.copy;
    button.setAttribute("aria-describedby", (box.querySelector("caption").id = box.id + "-caption"));
    button.addEventListener("click", function () { copy(box, button); });
    line.prepend(button, " ");
  });

  languages.forEach(function (b) { b.addEventListener("click", function () { choose(b.dataset.choose); }); });
  doors.forEach(function (b) { b.addEventListener("click", function () { enter(b.dataset.choose); write(""); }); });
  themes.forEach(function (s) { s.addEventListener("change", function () { look(s.value); write(state().place); }); });
  field.addEventListener("input", function () { search(field.value); write(state().place); });
  field.addEventListener("keydown", function (e) {
    if (e.key === "Escape") { field.value = ""; search(""); write(state().place); }
    if (e.key === "Enter") { var hit = document.querySelector("#hits-" + root.dataset.shown + ":not([hidden]) button"); if (hit) { e.preventDefault(); hit.focus(); } }
  });
  document.addEventListener("keydown", function (e) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); field.focus(); field.select(); }
  });
  document.addEventListener("scroll", function (e) { if (e.target === document) { mark(); } else { cues(); } }, { passive: true, capture: true });
  document.addEventListener("toggle", cues, true);
  window.addEventListener("resize", settle);
  window.addEventListener("hashchange", fromAddress);
  // Paper has no folds.
  window.addEventListener("beforeprint", function () {
    all("details:not([open])").forEach(function (d) { d.dataset.folded = "1"; d.open = true; });
  });
  window.addEventListener("afterprint", function () {
    all("details[data-folded]").forEach(function (d) { d.open = false; delete d.dataset.folded; });
  });
  if (window.matchMedia("(max-width: 60rem)").matches) { all(".contents details").forEach(function (d) { d.open = false; }); }
  show(root.dataset.shown);
  press(doors, root.dataset.door);
  fromAddress();
})();
