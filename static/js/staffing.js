// How many people each half-hour needs and how many there were: a filled step, a dashed step and points, told apart
// without colour, and on paper.
(() => {
  const canvas = document.getElementById("staffing-chart");
  if (!canvas) return;
  const data = JSON.parse(document.getElementById("staffing-data").textContent);
  let chart = null;
  const draw = () => {
    if (chart) chart.destroy();
    const [accent, strong, text, line] = Ink.colours(canvas, "--accent", "--strong", "--quiet", "--line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.color = text;
    const axis = { grid: { color: line }, border: { color: line } };
    const step = { stepped: "middle", pointRadius: 0, borderWidth: 2 };
    const painted = (ink) => ({ borderColor: ink, backgroundColor: ink });
    // What comes first lies on top.
    chart = new Chart(canvas, {
      type: "line",
      data: {
        labels: data.halves,
        datasets: [
          { label: data.words.onLine, data: data.onLine, showLine: false, pointStyle: "rectRot", pointRadius: 4, ...painted(strong) },
          { label: data.words.promise, data: data.promise, borderDash: [6, 4], pointStyle: "line", ...step, ...painted(accent) },
          { label: data.words.share, data: data.share, fill: true, pointStyle: "rect", ...step, borderColor: text, backgroundColor: line },
        ],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: { x: axis, y: { ...axis, beginAtZero: true, ticks: { precision: 0 } } },
        plugins: { legend: { position: "bottom", labels: { usePointStyle: true, pointStyleWidth: 36 } } },
      },
    });
  };
  Ink.keepDrawn(draw);
})();
