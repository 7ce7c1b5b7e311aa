// The strip by hour. Kept is plain, broken is striped: the difference is there without colour, and on paper.
(() => {
  const canvas = document.getElementById("hours-chart");
  if (!canvas) return;
  const data = JSON.parse(document.getElementById("hours-data").textContent);
  const root = document.documentElement;

  // light-dark() is only resolved where it is used, so a probe is asked and not the variable.
  const probe = document.createElement("span");
  probe.hidden = true;
  canvas.parentElement.append(probe);
  const resolved = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };

  const stripes = (ink) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = ink;
    pen.lineWidth = 3;
    pen.beginPath();
    for (const x of [-8, 0, 8]) {
      pen.moveTo(x, 8);
      pen.lineTo(x + 8, 0);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  };

  let chart = null;
  const draw = () => {
    if (chart) chart.destroy();
    const [kept, late, text, line] = ["--kept", "--late", "--quiet", "--line"].map(resolved);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.color = text;
    const axis = { stacked: true, grid: { color: line }, border: { color: line } };
    const bar = { borderWidth: 1, maxBarThickness: 56 };
    chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.hours,
        datasets: [
          { label: data.words.kept, data: data.kept, backgroundColor: kept, borderColor: kept, ...bar },
          { label: data.words.broken, data: data.broken, backgroundColor: stripes(late), borderColor: late, ...bar },
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        scales: { x: axis, y: { ...axis, beginAtZero: true, ticks: { precision: 0 } } },
        plugins: { legend: { position: "bottom" } },
      },
    });
  };
  draw();
  new MutationObserver(draw).observe(root, { attributeFilter: ["data-bs-theme", "data-size"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // Paper is white whatever the screen is.
  addEventListener("beforeprint", () => {
    root.style.colorScheme = "light";
    draw();
  });
  addEventListener("afterprint", () => {
    root.style.colorScheme = "";
    draw();
  });
})();
