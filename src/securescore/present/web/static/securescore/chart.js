// A cursor on line charts: pointer, or arrow keys (a day), PgUp and PgDn (30 days), Home, End.
// The figures are those of the page; what they say is written into an <output>, never on top of
// the line.

const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86_400_000;

class LineCursor {
  lines = "svg.chart-line";

  constructor(figure) {
    this.figure = figure;
    this.days = figure.dataset.values.split(",").map((text) => this.read(text));
    this.start = Date.parse(figure.dataset.start);
    this.output = document.getElementById(figure.dataset.readout);
    // The pages write "30 May 2026"; plain "en" would turn that round.
    const language = document.documentElement.lang;
    this.format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
      dateStyle: "medium",
      timeZone: "UTC",
    });
    this.place = this.days.length - 1;
  }

  startFollowing() {
    for (const svg of this.figure.querySelectorAll(this.lines)) this.follow(svg);
  }

  read(text) {
    const [written, points, max] = text.split(":");
    return text ? { written, at: [parseFloat(written)], points, max } : null;
  }

  // Low and high of the axis of each line.
  ranges(svg) {
    return [svg.dataset.range.split(" ").map(Number)];
  }

  follow(svg) {
    const [left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
    const ranges = this.ranges(svg);
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", "cursor");
    const dots = ranges.map(() => {
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("class", "cursor-dot");
      dot.setAttribute("r", "4.5");
      return dot;
    });
    const show = (place) => {
      this.place = Math.min(Math.max(place, 0), this.days.length - 1);
      const day = this.days[this.place];
      const x = left + ((right - left) * this.place) / Math.max(this.days.length - 1, 1);
      line.setAttribute("d", `M${x.toFixed(1)} ${top}V${bottom}`);
      svg.append(line);
      dots.forEach((dot, number) => {
        const value = day ? day.at[number] : NaN;
        if (Number.isNaN(value)) {
          dot.remove();
          return;
        }
        const [low, high] = ranges[number];
        const y = bottom - ((bottom - top) * (value - low)) / (high - low);
        dot.setAttribute("cx", x.toFixed(1));
        dot.setAttribute("cy", y.toFixed(1));
        svg.append(dot);
      });
      this.say(day);
    };
    const hide = () => {
      line.remove();
      for (const dot of dots) dot.remove();
      this.output.textContent = "";
    };
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      show(Math.round(((x - left) / (right - left)) * (this.days.length - 1)));
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("focus", () => {
      if (svg.matches(":focus-visible")) show(this.place);
    });
    svg.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 };
      const last = this.days.length - 1;
      if (event.key === "Escape") hide();
      else if (event.key === "Home") show(0);
      else if (event.key === "End") show(last);
      else if (event.key in steps && event.target === svg) show(this.place + steps[event.key]);
      else return;
      event.preventDefault();
    });
  }

  date() {
    return this.format.format(new Date(this.start + this.place * DAY_MS));
  }

  say(day) {
    this.output.textContent = day
      ? `${this.date()}: ${day.written}, ${day.points} / ${day.max} points`
      : `${this.date()}: no data`;
  }
}

// Several lines: "58.8:513" a day, one figure a line, none where there is none.
class LinesCursor extends LineCursor {
  lines = "svg.chart-lines";

  constructor(figure) {
    super(figure);
    this.names = figure.dataset.names.split("|");
    this.units = figure.dataset.units.split("|");
  }

  read(text) {
    const at = text.split(":").map((figure) => (figure ? Number(figure) : NaN));
    return at.some((value) => !Number.isNaN(value)) ? { at } : null;
  }

  ranges(svg) {
    return svg.dataset.ranges.split(";").map((range) => range.split(" ").map(Number));
  }

  say(day) {
    const said = this.names
      .map((name, number) => {
        const value = day ? day.at[number] : NaN;
        if (Number.isNaN(value)) return "";
        const unit = this.units[number];
        const figure = unit === "%" ? value.toFixed(1) : `${Math.round(value * 100) / 100}`;
        return `${name} ${figure}${unit === "%" ? "%" : ""}`;
      })
      .filter(Boolean);
    this.output.textContent = `${this.date()}: ${said.join(", ") || "no data"}`;
  }
}

// Bars that lead somewhere: one of them is a tab stop, arrows go from bar to bar.
function followBars(svg) {
  const links = [...svg.querySelectorAll("a.bar-link")];
  if (!links.length) return;
  const stop = (number) => {
    links.forEach((link, place) => link.setAttribute("tabindex", place === number ? "0" : "-1"));
  };
  stop(links.length - 1);
  svg.addEventListener("keydown", (event) => {
    const place = links.indexOf(event.target.closest("a.bar-link"));
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: links.length - 1 };
    if (place < 0 || !(event.key in to)) return;
    event.preventDefault();
    const next = Math.min(Math.max(to[event.key], 0), links.length - 1);
    stop(next);
    links[next].focus();
  });
}

export function followCharts(root = document) {
  const once = (selector, follow) => {
    for (const element of root.querySelectorAll(selector)) {
      if ("followed" in element.dataset) continue;
      element.dataset.followed = "";
      follow(element);
    }
  };
  once("figure[data-chart]", (figure) => new LineCursor(figure).startFollowing());
  once("figure[data-lines]", (figure) => new LinesCursor(figure).startFollowing());
  once("svg.chart-stacked", followBars);
}
