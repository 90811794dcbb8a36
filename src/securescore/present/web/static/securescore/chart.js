// A cursor on line charts: pointer, or arrow keys (a day), PgUp and PgDn (30 days), Home, End.
// The figures are those of the page; what they say is written into an <output>, never on top of
// the line.

const SVG = "http://www.w3.org/2000/svg";
const DAY_MS = 86_400_000;

class LineCursor {
  constructor(figure) {
    this.figure = figure;
    this.days = figure.dataset.values.split(",").map((text) => {
      const [written, points, max] = text.split(":");
      return text ? { written, percentage: parseFloat(written), points, max } : null;
    });
    this.start = Date.parse(figure.dataset.start);
    this.output = document.getElementById(figure.dataset.readout);
    // The pages write "30 May 2026"; plain "en" would turn that round.
    const language = document.documentElement.lang;
    this.format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
      dateStyle: "medium",
      timeZone: "UTC",
    });
    this.place = this.days.length - 1;
    for (const svg of figure.querySelectorAll("svg.chart-line")) this.follow(svg);
  }

  follow(svg) {
    const [left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
    const [low, high] = svg.dataset.range.split(" ").map(Number);
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", "cursor");
    const dot = document.createElementNS(SVG, "circle");
    dot.setAttribute("class", "cursor-dot");
    dot.setAttribute("r", "4.5");
    const show = (place) => {
      this.place = Math.min(Math.max(place, 0), this.days.length - 1);
      const day = this.days[this.place];
      const x = left + ((right - left) * this.place) / Math.max(this.days.length - 1, 1);
      line.setAttribute("d", `M${x.toFixed(1)} ${top}V${bottom}`);
      svg.append(line);
      if (day) {
        const y = bottom - ((bottom - top) * (day.percentage - low)) / (high - low);
        dot.setAttribute("cx", x.toFixed(1));
        dot.setAttribute("cy", y.toFixed(1));
        svg.append(dot);
      } else {
        dot.remove();
      }
      this.say(day);
    };
    const hide = () => {
      line.remove();
      dot.remove();
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

  say(day) {
    const date = this.format.format(new Date(this.start + this.place * DAY_MS));
    this.output.textContent = day
      ? `${date}: ${day.written}, ${day.points} / ${day.max} points`
      : `${date}: no data`;
  }
}

export function followCharts() {
  for (const figure of document.querySelectorAll("figure[data-chart]")) new LineCursor(figure);
}
