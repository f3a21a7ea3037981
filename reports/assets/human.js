// Rating by keyboard. `data` (see reports/human_page.cc):
//   export, task ("ratings", "pairs", "qa"), title, guide: [text];  audio: [data URI]
//   criteria: [{metric, ask, shown: [text], low, high} or {..., labels: [text]}]
//   items: [{id, question, reference, answers: [text], clip (or -1)}];  raters: [[[item, swapped], ...], ...]
// What is given is kept by item id and metric: a grade, or a label's place. A pair's sides are turned back before they are kept.
const data = JSON.parse(document.getElementById("data").textContent);
const place = `undertone.human/${data.export}`;
const $ = (id) => document.getElementById(id);

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== false && value !== null) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter((c) => c !== null && c !== ""));
  return node;
}
function button(label, key, action, attributes) {
  const node = element("button", { type: "button", ...attributes }, key ? element("kbd", {}, key) : null, label);
  node.addEventListener("click", (event) => { notice(event); action(); });
  return node;
}

// A browser that a program drives says so, and an event that no person made is not trusted. One such event, and the
// ratings are a script's for good.
const state = { name: "", number: 0, at: 0, criterion: 0, given: {}, script: navigator.webdriver === true, over: false };
let stored = true;
function notice(event) {
  if (!event.isTrusted && !state.script) { state.script = true; keep(); }
}
function keep() {
  try {
    localStorage.setItem(place, JSON.stringify({ name: state.name, number: state.number, at: state.at, given: state.given, script: state.script }));
  } catch (error) {
    stored = false;
  }
}
function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(place) || "null");
    if (kept) Object.assign(state, kept, { script: kept.script || state.script });
  } catch (error) {
    stored = false;
  }
}

const turns = () => data.raters[state.number - 1] || [];
const item_of = (turn) => data.items[turn[0]];
const complete = (item) => data.criteria.every((c) => (state.given[item.id] || {})[c.metric] !== undefined);
const rated = () => turns().filter((t) => complete(item_of(t))).length;
const size_of = (c) => (c.labels ? c.labels.length : c.high - c.low + 1);
// Buttons stand in the order of the scale or of the labels; of a swapped pair, a and b change places.
const turned = (criterion, swapped, index) => (data.task === "pairs" && swapped ? size_of(criterion) - 1 - index : index);
const key_of = (criterion, index) => (criterion.labels ? (data.task === "pairs" ? String(index + 1) : criterion.labels[index][0]) : String(criterion.low + index));

function choose(index) {
  const turn = turns()[state.at], item = item_of(turn), criterion = data.criteria[state.criterion];
  const value = turned(criterion, turn[1], index);
  state.given[item.id] = { ...state.given[item.id], [criterion.metric]: criterion.labels ? value : criterion.low + value };
  if (state.criterion + 1 < data.criteria.length) state.criterion += 1;
  else move(1);
  keep();
  draw();
}

function move(by) {
  state.criterion = 0;
  state.over = state.at + by >= turns().length;
  if (!state.over) state.at = Math.max(0, state.at + by);
}

function begin() {
  const name = $("name").value.trim(), number = data.raters.length > 1 ? Number($("number").value) : 1;
  if (!name) { $("problem").textContent = "Please give a name or a pseudonym: your ratings stand under it."; return; }
  state.name = name;
  state.number = number;
  state.at = Math.max(0, turns().findIndex((t) => !complete(item_of(t))));
  state.over = rated() === turns().length;
  keep();
  draw();
}

function draw_start() {
  const panel = $("start");
  panel.replaceChildren(
    ...data.guide.map((line) => element("p", {}, line)),
    element("label", { for: "name" }, "Your name or pseudonym", element("input", { id: "name", autocomplete: "off", value: state.name })),
    ...(data.raters.length > 1
      ? [element("label", { for: "number" }, "Which rater you are", element("select", { id: "number" },
          ...data.raters.map((dealt, i) => element("option", { value: i + 1, selected: state.number === i + 1 }, `rater ${i + 1}: ${dealt.length} items`))))]
      : []),
    element("p", { id: "problem", class: "note", role: "alert" }),
    element("p", {}, button("Begin", "Enter", begin, { id: "begin" })));
  $("name").focus();
}

function draw_rate() {
  const turn = turns()[state.at], item = item_of(turn), given = state.given[item.id] || {};
  const answers = turn[1] ? [...item.answers].reverse() : item.answers;
  const heading = (i) => (answers.length < 2 ? "Answer" : i === 0 ? "Left answer" : "Right answer");
  const audio = item.clip < 0 ? element("p", { class: "note" }, "There is no recording of this item.")
    : element("audio", { controls: true, preload: "auto", src: data.audio[item.clip], id: "clip" });
  $("rate").replaceChildren(
    audio,
    element("p", { class: "asked", id: "question" }, item.question),
    element("p", { class: "reference" }, `Reference answer: ${item.reference}`),
    element("div", { class: "shown" }, ...answers.map((text, i) => element("div", {}, element("h3", {}, heading(i)), element("p", {}, text || "(empty)")))),
    ...data.criteria.map((criterion, c) => {
      const buttons = [];
      for (let i = 0; i < size_of(criterion); ++i) {
        const kept = given[criterion.metric], value = turned(criterion, turn[1], i);
        const pressed = kept !== undefined && kept === (criterion.labels ? value : criterion.low + value);
        buttons.push(button(criterion.shown[i] ?? (criterion.labels ? criterion.labels[i] : ""), key_of(criterion, i),
          () => { state.criterion = c; choose(i); }, { "aria-pressed": pressed ? "true" : "false" }));
      }
      return element("fieldset", { class: c === state.criterion ? "current" : "" }, element("legend", {}, criterion.ask), element("div", { class: "choices" }, ...buttons));
    }),
    element("p", { class: "moves" },
      button("back", "\u2190", () => { move(-1); keep(); draw(); }, { disabled: state.at === 0 }),
      button("skip", "\u2192", () => { move(1); keep(); draw(); }),
      ...(item.clip < 0 ? [] : [button("play", "Space", play)]),
      button("save", "s", save)));
}

function play() {
  const audio = $("clip");
  if (!audio) return;
  if (audio.paused) { audio.currentTime = 0; audio.play().catch(() => {}); } else audio.pause();
}

function draw_done() {
  const left = turns().length - rated();
  $("done").replaceChildren(
    element("h2", {}, left ? `${left} of ${turns().length} items are without a rating` : "All items are rated. Thank you."),
    element("p", {}, "Save the file and hand it to whoever gave you this page."),
    element("p", { class: "moves" }, button("save", "s", save), button("back to the items", "\u2190", () => { state.over = false; state.at = Math.max(0, turns().findIndex((t) => !complete(item_of(t)))); draw(); })),
    element("label", { for: "saved" }, "Where saving does not work: copy this text into a file"),
    element("textarea", { id: "saved", readonly: true }, saved_text()));
}

function draw() {
  document.body.dataset.rated = state.number ? rated() : 0;
  document.body.dataset.at = state.at;
  document.body.dataset.kind = state.script ? "script" : "human";
  $("start").hidden = state.number > 0;
  $("rate").hidden = !(state.number > 0 && !state.over);
  $("done").hidden = !(state.number > 0 && state.over);
  $("progress").value = state.number ? rated() / Math.max(1, turns().length) : 0;
  $("facts").replaceChildren(...(state.number
    ? [element("span", {}, element("b", {}, `${rated()}`), ` of ${turns().length} rated`), element("span", {}, `item ${state.at + 1}`), element("span", {}, `rater ${state.number}: ${state.name}`),
       stored ? "" : element("span", { class: "note" }, "this browser keeps nothing: save before you close the page"),
       state.script ? element("span", { class: "note" }, "driven by a program: these ratings will be marked as a script's") : ""].filter((n) => n !== "")
    : []));
  if (state.number) $("start").replaceChildren();  // a field that keeps the focus would swallow keys
  if (!state.number) draw_start();
  else if (state.over) draw_done();
  else draw_rate();
}

// JUDGE-BENCH's schema (a dataset with one rater's scores), and who rated.
function annotation_of(criterion) {
  const grade = !criterion.labels;
  const prompt = `${data.guide.join("\n")}\n${criterion.ask}${grade ? ` (${criterion.low} to ${criterion.high})` : ` (${criterion.labels.join(", ")})`}\n{{ instance }}`;
  return grade ? { metric: criterion.metric, category: "graded", prompt, worst: criterion.low, best: criterion.high }
    : { metric: criterion.metric, category: "categorical", prompt, labels_list: criterion.labels };
}
function scores_of(criterion, value) {
  return criterion.labels ? { majority_human: criterion.labels[value], individual_human_scores: [criterion.labels[value]] }
    : { mean_human: value, majority_human: value, individual_human_scores: [value] };
}
function instance_of(item) {
  const shown = { question: item.question, reference: item.reference };
  if (item.answers.length === 1) shown.answer = item.answers[0];
  if (item.answers.length === 2) [shown.answer_a, shown.answer_b] = item.answers;
  const given = state.given[item.id];
  const annotations = {};
  for (const criterion of data.criteria) if (given[criterion.metric] !== undefined) annotations[criterion.metric] = scores_of(criterion, given[criterion.metric]);
  return { id: item.id, instance: shown, annotations };
}
function saved_text() {
  const instances = turns().map(item_of).filter((item) => state.given[item.id]).map(instance_of);
  return JSON.stringify({
    dataset: data.title, dataset_url: "", expert_annotator: "unknown", original_prompt: true,
    annotations: data.criteria.map(annotation_of), instances,
    undertone: { format: "undertone.human/1", export: data.export, rater: { name: state.name, number: state.number, kind: state.script ? "script" : "human" } },
  }, null, 1);
}
function save() {
  const link = element("a", { href: URL.createObjectURL(new Blob([saved_text() + "\n"], { type: "application/json" })), download: `ratings-${data.export}-rater-${state.number}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

document.addEventListener("keydown", (event) => {
  notice(event);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writes = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (!state.number) { if (event.key === "Enter") { event.preventDefault(); begin(); } return; }
  if (writes) return;
  const take = (action) => { event.preventDefault(); action(); };
  if (event.key === "s") return take(save);
  if (event.key === "ArrowLeft") return take(() => { if (state.over) { state.over = false; state.criterion = 0; } else move(-1); keep(); draw(); });
  if (state.over) return;
  if (event.key === "ArrowRight") return take(() => { move(1); keep(); draw(); });
  if (event.key === " ") return take(play);
  const criterion = data.criteria[state.criterion];
  for (let i = 0; i < size_of(criterion); ++i) if (event.key === key_of(criterion, i)) return take(() => choose(i));
});

recall();
if (state.number) {
  state.over = turns().length > 0 && rated() === turns().length;
  if (state.at >= turns().length) state.at = 0;
}
draw();
document.body.dataset.ready = "yes";
