// Dots with their intervals, drawn by Vega as SVG in the page's own colours, and again when the colour scheme changes.
const condition_order = ["", "absent", "predicted", "degraded", "gold"];
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}
function condition_colour(condition) {
  return colour(["absent", "predicted", "degraded", "gold"].includes(condition) ? condition : "gold");
}
function words(condition) {
  return condition === "" ? "answers as given" : condition;
}

// rows: [{row, series, value, low, high, tip}]; one band per row, series dodged within it.
function dot_plot(rows, { zero, title, legend, dodge }) {
  const names = [...new Set(rows.map((r) => r.row))];
  const series = [...new Set(rows.map((r) => r.series))].sort((a, b) => condition_order.indexOf(a) - condition_order.indexOf(b));
  const step = dodge ? Math.max(22, 12 * series.length + 12) : 24;
  const ends = rows.flatMap((r) => [r.value, r.low, r.high]).filter((v) => v !== null);
  const low = Math.min(0, ...ends), high = Math.max(...ends, low + 1e-6);
  const axis = { labelColor: colour("ink"), titleColor: colour("soft"), domainColor: colour("line"), tickColor: colour("line"), gridColor: colour("line"), labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelFont: "sans-serif", titleFont: "sans-serif" };
  const y = { scale: "row", field: "row", band: 0.5, offset: { scale: "series", field: "series" } };
  return {
    width: 620,
    height: step * names.length,
    padding: { left: 5, right: 20, top: 5, bottom: 5 },
    data: [{ name: "rows", values: rows }],
    scales: [
      { name: "x", type: "linear", domain: [low, high], range: "width", nice: true, zero: false },
      { name: "row", type: "band", domain: names, range: "height" },
      { name: "series", type: "point", domain: series, range: dodge ? [-6 * (series.length - 1), 6 * (series.length - 1)] : [0, 0] },
      { name: "colour", type: "ordinal", domain: series.map(words), range: series.map(condition_colour) },
    ],
    axes: [
      { orient: "bottom", scale: "x", grid: true, title, tickCount: 6, ...axis },
      { orient: "left", scale: "row", domain: false, ticks: false, labelPadding: 10, labelLimit: 330, ...axis },
    ],
    legends: legend && series.length > 1 ? [{ fill: "colour", orient: "top", direction: "horizontal", symbolType: "circle", labelColor: colour("ink"), labelFontSize: 12, labelFont: "sans-serif", title: "metadata at test", titleColor: colour("soft"), titleFontWeight: "normal", titleFont: "sans-serif" }] : [],
    marks: [
      ...(zero ? [{ type: "rule", encode: { update: { x: { scale: "x", value: 0 }, y: { value: 0 }, y2: { signal: "height" }, stroke: { value: colour("soft") }, strokeDash: { value: [4, 3] } } } }] : []),
      { type: "rule", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "low" }, x2: { scale: "x", field: "high" }, y, stroke: { scale: "colour", field: "name" }, strokeWidth: { value: 2 }, opacity: { signal: "datum.low === null ? 0 : 1" } } } },
      { type: "symbol", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "value" }, y, fill: { scale: "colour", field: "name" }, size: { value: 64 }, shape: { signal: "datum.hollow ? 'diamond' : 'circle'" }, tooltip: { field: "tip" }, opacity: { signal: "datum.value === null ? 0 : 1" } } } },
    ],
  };
}

function row_of(dot, name) {
  const number = (v) => (v === null ? "undefined" : v.toFixed(2));
  const interval = dot.low === null ? "" : ` [${number(dot.low)}, ${number(dot.high)}]`;
  return { row: name, series: dot.condition, name: words(dot.condition), value: dot.value, low: dot.low, high: dot.high, hollow: dot.control || dot.declared === false, tip: `${name}, ${words(dot.condition)}: ${number(dot.value)}${interval}` };
}

function draw(id, spec) {
  const place = document.getElementById(id);
  if (!place) return Promise.resolve();
  if (!spec) {
    place.remove();
    return Promise.resolve();
  }
  const runtime = require_module("vega-parser").parse(spec, null, { ast: true });
  const view = new (require_module("vega-view").View)(runtime, { expr: require_module("vega-interpreter").expressionInterpreter, renderer: "svg", container: place, hover: true });
  return view.runAsync().then(() => {
    place.dataset.marks = place.querySelectorAll(".mark-symbol.role-mark path").length;
  });
}

function load_transforms() {
  const transforms = require_module("vega-dataflow").transforms;
  for (const name of ["vega-transforms", "vega-view-transforms", "vega-encode"]) Object.assign(transforms, require_module(name));
}

// plots: [{table, title, zero, dots: [{name, value, low, high}]}], each above its table.
function draw_simple_plots(plots) {
  load_transforms();
  const draw_all = () =>
    Promise.all(
      plots.map((p) => {
        const rows = p.dots.filter((d) => d.value !== null).map((d) => ({ ...row_of({ ...d, condition: "" }, d.name), tip: d.tip }));
        return draw("plot-" + p.table, rows.length ? dot_plot(rows, { zero: p.zero, title: p.title, legend: false, dodge: false }) : null);
      }),
    );
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw_all);
  return draw_all();
}

function draw_plots(plots) {
  load_transforms();
  const known = (dots) => dots.filter((d) => d.value !== null);
  const main = known(plots.main).map((d) => row_of(d, d.system));
  const contrasts = known(plots.contrasts).map((d) => row_of(d, d.name));
  const slices = (dots) => known(dots).filter((d) => !d.control).map((d) => row_of(d, `${d.slice}  ${d.system}`)).sort((a, b) => (a.row < b.row ? -1 : a.row > b.row ? 1 : 0));
  const types = slices(plots.types), reasoning = slices(plots.reasoning);
  const draw_all = () =>
    Promise.all([
      draw("plot-main", main.length ? dot_plot(main, { title: "mean score and interval; diamonds are controls", legend: true, dodge: true }) : null),
      draw("plot-contrasts", contrasts.length ? dot_plot(contrasts, { zero: true, title: "difference in points and interval; diamonds are exploratory", legend: true, dodge: false }) : null),
      draw("plot-types", types.length ? dot_plot(types, { title: "mean score and interval", legend: true, dodge: true }) : null),
      draw("plot-reasoning", reasoning.length ? dot_plot(reasoning, { title: "mean score and interval", legend: true, dodge: true }) : null),
    ]);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw_all);
  return draw_all();
}
