// The bars of the reports. Kept is plain, broken is striped: the difference is there without colour, and on paper.
(() => {
  const told = document.getElementById("charts-data");
  if (!told) return;
  const charts = JSON.parse(told.textContent);

  const paint = (canvas, data) => {
    const [kept, late, plain, text, line] = Ink.colours(canvas, "--kept", "--late", "--accent", "--quiet", "--line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.color = text;
    const inks = { kept: [kept, kept], late: [Ink.stripes(late), late], plain: [plain, plain] };
    const axis = { stacked: data.stacked, grid: { color: line }, border: { color: line } };
    return new Chart(canvas, {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: data.rows.map((row) => ({
          label: row.title, data: row.values, backgroundColor: inks[row.tone][0], borderColor: inks[row.tone][1],
          borderWidth: 1, maxBarThickness: 56,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        scales: { x: axis, y: { ...axis, beginAtZero: true, ticks: { precision: 0 } } },
        plugins: { legend: { position: "bottom" } },
      },
    });
  };

  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    let drawn = null;
    Ink.keepDrawn(() => {
      if (drawn) drawn.destroy();
      drawn = paint(canvas, charts[canvas.dataset.chart]);
    });
  }
})();
