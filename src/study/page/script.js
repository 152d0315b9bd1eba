"use strict";
(() => {
  const byId = name => document.getElementById(name);
  const read = name => byId(name) ? JSON.parse(byId(name).textContent) : null;

  // tables: a click on a heading sorts by it, numbers as numbers, what is not known last
  for (const table of document.querySelectorAll("table.sortable")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => heading.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      headings.forEach(other => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = row => {
        const cell = row.cells[column];
        if (!cell) return null;
        if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
        const text = cell.textContent.trim();
        return text === "" || text === "–" ? null : text;
      };
      const rows = [...table.tBodies[0].rows].map((row, place) => [key(row), place, row]);
      rows.sort(([a, i], [b, j]) => {
        if (a === null || b === null) return (a === null) - (b === null) || i - j;
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
        return (down ? -order : order) || i - j;
      });
      table.tBodies[0].append(...rows.map(([, , row]) => row));
    }));
  }

  const choices = (select, texts, chosen) => {
    texts.forEach((text, place) => select.append(new Option(text, place, place === chosen, place === chosen)));
  };

  // curves
  const curves = read("curve-data");
  if (curves) {
    const [y, x, colour] = ["along-y", "along-x", "coloured"].map(byId);
    const find = (...names) => Math.max(0, names.map(name => curves.names.indexOf(name)).find(place => place >= 0) ?? 0);
    choices(y, curves.names, find("potential [V]", "max_height [m]"));
    choices(x, curves.names, find("charge [mAh/cm2]", "time [s]"));
    const keys = [...curves.factors, ...(curves.seeds ? ["seed"] : [])];
    choices(colour, keys.length ? keys : ["run"], 0);
    const level = run => {
      const place = Number(colour.value);
      return keys.length === 0 ? run.name : place < curves.factors.length ? run.levels[place] : String(run.seed);
    };
    const palette = ["var(--c0)", "var(--c1)", "var(--c4)", "var(--c5)", "var(--c2)", "var(--c3)"];
    const colourOf = (place, count) => count <= palette.length ? palette[place] : `hsl(${Math.round(300 * place / (count - 1))} 60% 50%)`;
    const ticks = (least, most) => {
      const raw = (most - least) / 6, unit = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map(k => k * unit).find(step => step >= raw);
      const found = [];
      for (let k = Math.ceil(least / step); k * step <= most; k++) found.push(k * step);
      return found;
    };
    const shown = v => v === 0 ? "0" : String(Number(v.toPrecision(4))).replace("-", "−");
    const element = (name, attributes, text) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text !== undefined) made.textContent = text;
      return made;
    };
    const draw = () => {
      const [W, H, left, right, top, bottom] = [1160, 440, 74, 14, 10, 44];
      const lines = curves.runs.map(run => {
        const [xs, ys] = [run.columns[Number(x.value)], run.columns[Number(y.value)]];
        const points = (xs ?? []).map((v, row) => [v, (ys ?? [])[row]]).filter(([a, b]) => a != null && b != null);
        return { run, points };
      });
      const all = lines.flatMap(line => line.points);
      const chart = byId("curves-chart");
      chart.replaceChildren();
      if (all.length === 0) return;
      const range = place => {
        let least = Infinity, most = -Infinity;
        for (const point of all) { least = Math.min(least, point[place]); most = Math.max(most, point[place]); }
        const room = most > least ? 0.03 * (most - least) : Math.max(1e-12, 0.1 * Math.abs(most));
        return [least - room, most + room];
      };
      const [[x0, x1], [y0, y1]] = [range(0), range(1)];
      const px = v => left + (v - x0) / (x1 - x0) * (W - left - right);
      const py = v => H - bottom - (v - y0) / (y1 - y0) * (H - top - bottom);
      const svg = element("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${curves.names[y.value]} against ${curves.names[x.value]}` });
      for (const v of ticks(x0, x1)) svg.append(element("line", { class: "axis", x1: px(v), x2: px(v), y1: top, y2: H - bottom }), element("text", { x: px(v), y: H - bottom + 17, "text-anchor": "middle" }, shown(v)));
      for (const v of ticks(y0, y1)) svg.append(element("line", { class: "axis", x1: left, x2: W - right, y1: py(v), y2: py(v) }), element("text", { x: left - 6, y: py(v) + 4, "text-anchor": "end" }, shown(v)));
      svg.append(element("text", { x: (left + W - right) / 2, y: H - 6, "text-anchor": "middle" }, curves.names[x.value]));
      const levels = [...new Set(curves.runs.map(level))];
      for (const { run, points } of lines) {
        if (points.length === 0) continue;
        const path = points.map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`).join(" ");
        const line = element("polyline", { class: "curve", style: `stroke:${colourOf(levels.indexOf(level(run)), levels.length)}`, points: path });
        line.append(element("title", {}, run.name));
        svg.append(line);
      }
      chart.append(svg);
      const legend = byId("curves-legend");
      legend.replaceChildren(...levels.slice(0, 40).map((name, place) => {
        const item = document.createElement("li"), spot = document.createElement("span");
        spot.className = "swatch";
        spot.style.background = colourOf(place, levels.length);
        item.append(spot, name);
        return item;
      }));
    };
    [y, x, colour].forEach(select => select.addEventListener("change", draw));
    draw();
  }

  // what differs between two runs
  const setups = read("setups");
  if (setups) {
    const [one, other] = [byId("one"), byId("other")];
    choices(one, setups.runs, 0);
    choices(other, setups.runs, setups.runs.length - 1);
    const compare = () => {
      const [a, b] = [Number(one.value), Number(other.value)];
      byId("one-name").textContent = setups.runs[a];
      byId("other-name").textContent = setups.runs[b];
      const rows = setups.keys.flatMap((key, place) => {
        const [left, right] = [setups.values[place][a], setups.values[place][b]];
        if (left === right) return [];
        const row = document.createElement("tr");
        for (const text of [key, left ?? "–", right ?? "–"]) row.append(Object.assign(document.createElement("td"), { textContent: text }));
        return [row];
      });
      byId("differing").replaceChildren(...rows);
    };
    [one, other].forEach(select => select.addEventListener("change", compare));
    compare();
  }
})();
