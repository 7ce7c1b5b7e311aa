// What every chart needs: the colours of the theme, a pattern beside the colour, and drawing again for another theme or
// for paper, which is white whatever the screen is.
window.Ink = (() => {
  const root = document.documentElement;

  // light-dark() is only resolved where it is used, so a probe is asked and not the variable.
  const colours = (canvas, ...names) => {
    const probe = document.createElement("span");
    probe.hidden = true;
    canvas.parentElement.append(probe);
    const found = names.map((name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return found;
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

  const keepDrawn = (draw) => {
    draw();
    new MutationObserver(draw).observe(root, { attributeFilter: ["data-bs-theme", "data-size"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    addEventListener("beforeprint", () => {
      root.style.colorScheme = "light";
      draw();
    });
    addEventListener("afterprint", () => {
      root.style.colorScheme = "";
      draw();
    });
  };

  return { colours, stripes, keepDrawn };
})();
