// The list of questions and answers. `data` (see reports/page_data.cc):
//   texts: every text once, named by its number;  judges: names;  clips: [{id, unit, seconds, segments: [[start, end, speaker, emotion, transcript]]}]
//   items: [{id, type, set, reasoning, unseen, closed, provenance, text, reference, gold, clip (or -1), metadata: [gold, predicted],
//            answers: [[system, condition, seed, status, text, detail, then per judge: kind, value, rationale]]}]
//   audio: clip id -> data URI;  plots
const data = JSON.parse(document.getElementById("data").textContent);
const text = (n) => data.texts[n];
const page_size = 10, rows_at_first = 12;
const everything = location.hash === "#all";  // one page with every row: for tests and for printing

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter((c) => c !== null && c !== ""));
  return node;
}
const unique = (list) => [...new Set(list)];

const systems = unique(data.items.flatMap((i) => i.answers.map((a) => text(a[0]))));
const conditions = unique(data.items.flatMap((i) => i.answers.map((a) => text(a[1]))));
const state = { type: "", reasoning: "", system: "", condition: "", search: "", order: "", page: 0 };

function primary_score(row) {
  return row[7];
}

function matching_rows(item) {
  return item.answers.filter((a) => (!state.system || text(a[0]) === state.system) && (!state.condition || text(a[1]) === state.condition));
}

function mean_score(item) {
  const scores = matching_rows(item).map(primary_score).filter((v) => v !== null && v !== undefined);
  return scores.length ? scores.reduce((a, b) => a + b, 0) / scores.length : null;
}

function matching_items() {
  const wanted = state.search.toLowerCase();
  const found = data.items.filter(
    (i) =>
      (!state.type || i.type === state.type) &&
      (!state.reasoning || i.reasoning === state.reasoning) &&
      (!(state.system || state.condition) || matching_rows(i).length) &&
      (!wanted || [text(i.text), text(i.reference), i.id, ...matching_rows(i).map((a) => text(a[4]))].some((t) => t.toLowerCase().includes(wanted))),
  );
  if (!state.order) return found;
  const sign = state.order === "low" ? 1 : -1;
  const scored = found.map((i) => [i, mean_score(i)]);
  return scored.sort((a, b) => (a[1] === null) - (b[1] === null) || sign * (a[1] - b[1])).map((p) => p[0]);
}

function verdict_cell(row, judge) {
  const at = 6 + 3 * judge, kind = row[at];
  if (kind === null || kind === undefined) return element("td", {}, element("span", { class: "muted" }, "not asked"));
  const score = row[at + 1], why = text(row[at + 2]);
  const label = score === null ? element("span", { class: "failure" }, text(kind).replaceAll("_", " ")) : element("b", {}, score.toFixed(2));
  return element("td", { "data-verdict": text(kind) }, why ? element("details", { class: "verdict" }, element("summary", {}, label), element("p", {}, why)) : label);
}

function answer_row(row) {
  const condition = text(row[1]), status = text(row[3]);
  const dot = element("span", { class: "dot", style: `background:var(--${["absent", "predicted", "gold", "degraded"].includes(condition) ? condition : "soft"})` });
  const said = status === "answered" ? text(row[4]) || element("span", { class: "muted" }, "(empty)") : element("span", {}, element("span", { class: "failure" }, status.replaceAll("_", " ")), text(row[4]) || text(row[5]) ? ": " + (text(row[4]) || text(row[5])) : "");
  return element("tr", { "data-answer": status }, element("th", { scope: "row" }, text(row[0])), element("td", {}, dot, condition || "–"), element("td", {}, String(row[2])), element("td", { class: "answer-text" }, said), ...data.judges.map((_, j) => verdict_cell(row, j)));
}

function answer_table(item) {
  const rows = matching_rows(item);
  const body = element("tbody");
  const show = (n) => body.replaceChildren(...rows.slice(0, n).map(answer_row));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...["system", "metadata", "seed", "answer", ...data.judges].map((h) => element("th", { scope: "col" }, h)))), body);
  if (everything || rows.length <= rows_at_first) {
    show(rows.length);
    return element("div", { class: "scroll" }, table);
  }
  show(rows_at_first);
  const more = element("button", { type: "button" }, `show all ${rows.length} answers`);
  more.addEventListener("click", () => {
    show(rows.length);
    more.remove();
  });
  return element("div", { class: "scroll" }, table, more);
}

function heard(item) {
  if (item.clip < 0) return null;
  const clip = data.clips[item.clip], uri = data.audio[clip.id];
  const left = element("div");
  if (uri) {
    const player = element("audio", { controls: true, preload: "auto", src: uri });
    player.addEventListener("canplay", () => {
      player.dataset.canplay = "yes";
      document.body.dataset.canplay = document.querySelectorAll("audio[data-canplay]").length;
    });
    player.addEventListener("error", () => { document.body.dataset.audioError = clip.id; });
    left.append(player);
  }
  left.append(element("div", { class: "muted" }, `${clip.id}, ${clip.seconds.toFixed(1)} s${clip.unit ? ", " + clip.unit : ""}${uri ? "" : " (no audio here)"}`));
  const lines = clip.segments.map(([start, end, speaker, emotion, transcript]) => element("li", {}, element("time", {}, `${start.toFixed(1)}–${end.toFixed(1)} `), element("span", { class: "muted" }, text(speaker) + (text(emotion) ? ", " + text(emotion) : "") + ": "), text(transcript)));
  return element("div", { class: "heard" }, left, element("ul", {}, ...lines));
}

function card(item) {
  const tags = [["type", item.type], ["", item.set], ["", item.reasoning], ["", item.unseen ? "unseen wording" : ""], ["", item.closed ? "closed set" : ""], ["", item.provenance]];
  const gold = Object.entries(item.gold).map(([slot, value]) => `${slot} ${value}`).join(", ");
  const facts = [["reference", text(item.reference)], ["scored", gold], ["metadata, gold", text(item.metadata[0])], ["metadata, predicted", text(item.metadata[1])]];
  return element(
    "article", { class: "item", "data-item": item.id },
    element("h3", {}, element("span", {}, text(item.text)), element("span", { class: "tags" }, ...tags.filter((t) => t[1]).map(([kind, t]) => element("span", { class: "tag " + kind }, t)))),
    heard(item),
    element("dl", { class: "facts-list" }, ...facts.filter((f) => f[1]).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    answer_table(item),
  );
}

function render() {
  const found = matching_items();
  const pages = everything ? 1 : Math.max(1, Math.ceil(found.length / page_size));
  state.page = Math.min(state.page, pages - 1);
  const shown = everything ? found : found.slice(state.page * page_size, (state.page + 1) * page_size);
  document.getElementById("list").replaceChildren(...shown.map(card));
  const turn = (label, by) => {
    const button = element("button", { type: "button", disabled: state.page + by < 0 || state.page + by >= pages }, label);
    button.addEventListener("click", () => {
      state.page += by;
      render();
      document.getElementById("items").scrollIntoView();
    });
    return button;
  };
  document.getElementById("pager").replaceChildren(turn("previous", -1), element("span", {}, `page ${state.page + 1} of ${pages}, ${found.length} of ${data.items.length} questions`), turn("next", 1));
}

function filter(name, label, options) {
  if (options.length < 2) return null;
  const select = element("select", { name }, ...options.map(([value, words]) => element("option", { value }, words)));
  select.addEventListener("change", () => {
    state[name] = select.value;
    state.page = 0;
    render();
  });
  return element("label", {}, label, select);
}

const choices = (all, list) => (list.length < 2 ? [] : [["", all], ...list.map((v) => [v, v || "–"])]);
const search = element("input", { type: "search", placeholder: "in questions and answers" });
search.addEventListener("input", () => {
  state.search = search.value;
  state.page = 0;
  render();
});
document.getElementById("filters").append(
  ...[
    filter("type", "type", choices("all types", unique(data.items.map((i) => i.type)).sort())),
    filter("reasoning", "reasoning", choices("all", unique(data.items.map((i) => i.reasoning)).filter((r) => r))),
    filter("system", "system", choices("all systems", systems)),
    filter("condition", "metadata at test", choices("all", conditions)),
    filter("order", "order", [["", "as asked"], ["low", "lowest score first"], ["high", "highest score first"]]),
    element("label", {}, "search", search),
  ].filter((f) => f),
);
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
render();
// What this page really holds, for the test that compares it with the ledger.
document.body.dataset.heldAnswers = data.items.reduce((n, i) => n + i.answers.length, 0);
document.body.dataset.heldVerdicts = data.items.reduce((n, i) => n + i.answers.reduce((m, a) => m + data.judges.filter((_, j) => a[6 + 3 * j] !== null).length, 0), 0);
draw_plots(data.plots).then(() => { document.body.dataset.ready = "yes"; });
