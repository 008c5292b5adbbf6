'use strict';
// What a page does beyond standing still. Texts from outside reach the document only as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const tip = document.getElementById('tip');
  root.classList.add('js');

  const element = (tag, text, parent) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };
  const drawn = (tag, attributes, parent) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    if (parent) parent.append(made);
    return made;
  };
  const shown = value => {
    if (value === null || value === undefined) return '–';
    const size = Math.abs(value);
    const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(+value.toPrecision(5));
    return text.replace('-', '\u2212');
  };

  // The tooltip stays beside the pointer and within the window.
  const showTip = (x, y, lines) => {
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = x + 16 + width > innerWidth - 6 ? x - 16 - width : x + 16;
    const top = y + 18 + height > innerHeight - 6 ? y - 14 - height : y + 18;
    tip.style.transform = `translate(${Math.max(6, left)}px,${Math.max(6, top)}px)`;
  };
  const hideTip = () => { tip.hidden = true; };
  const heading = text => { const line = element('div'); element('b', text, line); return line; };
  const pair = (name, value, ink) => {
    const line = element('div');
    const left = element('span', undefined, line);
    if (ink) { const dot = element('span', undefined, left); dot.className = 'swatch'; dot.style.color = `var(--${ink})`; }
    element('i', name, left);
    element('span', value, line);
    return line;
  };

  // ---- figures: curves and grids -------------------------------------------------------------------------------

  // Each kind of figure gives, for a point of its sheet or a step by an arrow key, a place; and for a place what is
  // shown there: the cursor's shape and the tooltip's lines.
  const curves = (figure, svg) => {
    const { area, range: [low, high], steps } = figure;
    const across = step => area.x + (high > low ? (step - low) / (high - low) : 0.5) * area.width;
    const cursor = drawn('path', { class: 'cursor', 'stroke-width': 1, 'stroke-dasharray': '3 3' }, svg);
    return {
      cursor,
      at: x => {
        let best = 0;
        for (let i = 1; i < steps.length; i++) {
          if (Math.abs(across(steps[i]) - x) < Math.abs(across(steps[best]) - x)) best = i;
        }
        return best;
      },
      step: (place, dx) => Math.min(steps.length - 1, Math.max(0, (place ?? -dx) + dx)),
      show: place => {
        const x = across(steps[place]);
        cursor.setAttribute('d', `M${x} ${area.y}V${area.y + area.height}`);
        const lines = [heading(`${figure.axis} ${steps[place]}`)];
        for (const curve of figure.curves) {
          if (place < curve.values.length) lines.push(pair(curve.name, shown(curve.values[place]), curve.ink));
        }
        return { x, y: area.y + area.height / 3, lines };
      },
    };
  };
  const grid = (figure, svg) => {
    const { area, columns, values, names, name_of: nameOf } = figure;
    const rows = values.length / columns;
    const [width, height] = [area.width / columns, area.height / rows];
    const cursor = drawn('rect', { class: 'cursor', 'stroke-width': 1.4, width, height }, svg);
    const name = i => names[nameOf ? nameOf[i] : i] ?? String(i);
    const clamp = (i, end) => Math.min(end - 1, Math.max(0, i));
    return {
      cursor,
      at: (x, y) => clamp(Math.floor((y - area.y) / height), rows) * columns + clamp(Math.floor((x - area.x) / width), columns),
      step: (place, dx, dy) => place === undefined ? 0
        : clamp(Math.floor(place / columns) + dy, rows) * columns + clamp(place % columns + dx, columns),
      show: place => {
        const [row, column] = [Math.floor(place / columns), place % columns];
        const [x, y] = [area.x + column * width, area.y + row * height];
        cursor.setAttribute('x', x);
        cursor.setAttribute('y', y);
        const lines = figure.row
          ? [pair(figure.row, name(row)), pair(figure.column, name(column))]
          : [heading(row === column && !nameOf || name(row) === name(column) ? name(row) : `${name(row)} – ${name(column)}`)];
        const value = values[place];
        lines.push(pair(figure.row ? 'nodes' : 'value', shown(value) + (value === null ? '' : figure.unit)));
        return { x: x + width / 2, y: y + height / 2, lines };
      },
    };
  };

  for (const name in data.hover) {
    const svg = document.getElementById(`plot-${name}`);
    const figure = data.hover[name];
    const kind = (figure.kind === 'lines' ? curves : grid)(figure, svg);
    let place;
    const hide = () => { place = undefined; kind.cursor.setAttribute('visibility', 'hidden'); hideTip(); };
    const show = (next, pointer) => {
      place = next;
      const { x, y, lines } = kind.show(place);
      kind.cursor.setAttribute('visibility', 'visible');
      const at = pointer ?? new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
      showTip(at.x, at.y, lines);
    };
    const point = event => {
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const { area } = figure;
      const within = x >= area.x - 4 && x <= area.x + area.width + 4 && y >= area.y - 4 && y <= area.y + area.height + 4;
      if (within) show(kind.at(x, y), { x: event.clientX, y: event.clientY }); else hide();
    };
    svg.setAttribute('tabindex', 0);
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', hide);
    svg.addEventListener('blur', hide);
    svg.addEventListener('keydown', event => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === 'Escape') hide();
      if (!step) return;
      event.preventDefault();
      show(kind.step(place, ...step));
    });
    hide();
  }

  // ---- the map -------------------------------------------------------------------------------------------------

  const mapOf = map => {
    const canvas = document.getElementById('map-canvas');
    const context = canvas.getContext('2d');
    const search = document.getElementById('map-search');
    const found = document.getElementById('map-found');
    const filter = document.getElementById('map-filter');
    const hint = document.getElementById('map-hint');
    const nodes = map.x.length;
    const id = i => map.id ? map.id[i] : String(i);
    const kinds = map.kinds; // of classes that occur: { class, name, ink, corners }
    const kindOf = new Map(kinds.map((kind, k) => [kind.class, k]));
    const members = kinds.map(() => []);
    for (let i = 0; i < nodes; i++) members[kindOf.get(map.c[i])].push(i);
    const visible = kinds.map(() => true);
    const splits = { t: 'train', v: 'validation', e: 'test' };
    const tests = {
      all: () => true,
      t: i => map.s[i] === 't',
      v: i => map.s[i] === 'v',
      e: i => map.s[i] === 'e',
      wrong: i => map.p && map.p[i] >= 0 && map.c[i] >= 0 && map.p[i] !== map.c[i],
    };
    const isShown = i => visible[kindOf.get(map.c[i])] && tests[filter ? filter.value : 'all'](i);

    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < nodes; i++) {
      left = Math.min(left, map.x[i]); right = Math.max(right, map.x[i]);
      low = Math.min(low, map.y[i]); high = Math.max(high, map.y[i]);
    }
    let width = 1, height = 1, fitted = 1, unit = 1, dx = 0, dy = 0;
    let hovered = -1, marked = -1, asked = false, touched = false, colours;
    const px = i => map.x[i] * unit + dx;
    const py = i => map.y[i] * unit + dy;
    const radius = () => {
      const base = nodes <= 300 ? 4.2 : nodes <= 1500 ? 3.4 : nodes <= 5000 ? 2.6 : nodes <= 20000 ? 1.9 : 1.3;
      return Math.min(8, base * Math.sqrt(Math.max(1, unit / fitted)) * (width < 500 ? 0.8 : 1));
    };

    const readColours = () => {
      const style = getComputedStyle(root);
      colours = Object.fromEntries(
        [...kinds.map(kind => kind.ink), 'text', 'surface', 'accent'].map(ink => [ink, style.getPropertyValue(`--${ink}`)]));
    };
    const trace = (kind, i, r) => {
      const [x, y] = [px(i), py(i)];
      if (!kind.corners.length) {
        context.moveTo(x + r, y);
        context.arc(x, y, r, 0, 7);
        return;
      }
      kind.corners.forEach(([cx, cy], corner) => context[corner ? 'lineTo' : 'moveTo'](x + cx * r, y + cy * r));
      context.closePath();
    };
    const ring = (i, colour, extra) => {
      context.beginPath();
      context.arc(px(i), py(i), radius() + extra, 0, 7);
      context.lineWidth = 4.5; context.strokeStyle = colours.surface; context.stroke();
      context.lineWidth = 2.2; context.strokeStyle = colour; context.stroke();
    };
    const draw = () => {
      asked = false;
      const ratio = devicePixelRatio || 1;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      const r = radius();
      let count = 0;
      context.globalAlpha = 0.85;
      kinds.forEach((kind, k) => {
        if (!visible[k]) return;
        context.beginPath();
        for (const i of members[k]) {
          const [x, y] = [px(i), py(i)];
          if (x < -r || y < -r || x > width + r || y > height + r || !isShown(i)) continue;
          trace(kind, i, r);
          count++;
        }
        context.fillStyle = colours[kind.ink];
        context.fill();
      });
      context.globalAlpha = 1;
      if (marked >= 0) ring(marked, colours.accent, 5);
      if (hovered >= 0) ring(hovered, colours.text, 2.5);
      canvas.dataset.drawn = count;
    };
    const redraw = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(draw);
    };

    const fit = () => {
      fitted = Math.min(width * 0.92 / (right - left || 1), height * 0.92 / (high - low || 1));
      unit = fitted;
      dx = width / 2 - unit * (left + right) / 2;
      dy = height / 2 - unit * (low + high) / 2;
      touched = false;
      redraw();
    };
    const zoom = (factor, x = width / 2, y = height / 2) => {
      const next = Math.min(fitted * 60, Math.max(fitted * 0.5, unit * factor));
      dx = x - (x - dx) * next / unit;
      dy = y - (y - dy) * next / unit;
      unit = next;
      touched = true;
      redraw();
    };
    const pan = (x, y) => { dx += x; dy += y; touched = true; redraw(); };
    const resize = () => {
      const ratio = devicePixelRatio || 1;
      const box = canvas.getBoundingClientRect();
      if (!box.width) return; // printed: the canvas is not shown
      const [oldWidth, oldHeight] = [width, height];
      [width, height] = [box.width, box.height];
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      if (touched) pan((width - oldWidth) / 2, (height - oldHeight) / 2); else fit();
      draw();
    };

    const nearest = (x, y, reach) => {
      let best = -1, least = reach * reach;
      for (let i = 0; i < nodes; i++) {
        const [a, b] = [px(i) - x, py(i) - y];
        const distance = a * a + b * b;
        if (distance < least && isShown(i)) { best = i; least = distance; }
      }
      return best;
    };
    const className = c => c < 0 ? 'none' : kinds[kindOf.get(c)]?.name ?? data.classes[c] ?? `class ${c}`;
    const inkOf = c => kinds[kindOf.get(c)]?.ink;
    const describe = i => {
      const lines = [heading(`node ${id(i)}`)];
      if (map.c[i] >= 0) lines.push(pair('class', className(map.c[i]), inkOf(map.c[i])));
      if (map.p && map.p[i] >= 0) lines.push(pair('predicted', className(map.p[i]), inkOf(map.p[i])));
      if (splits[map.s[i]]) lines.push(pair('split', splits[map.s[i]]));
      return lines;
    };
    const position = event => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };

    // One pointer drags, two pinch; a pointer that presses nothing hovers.
    const pressed = new Map();
    const hover = event => {
      const [x, y] = position(event);
      const next = nearest(x, y, Math.max(10, radius() + 4));
      if (next !== hovered) { hovered = next; redraw(); }
      if (hovered < 0) hideTip(); else showTip(event.clientX, event.clientY, describe(hovered));
    };
    canvas.addEventListener('pointerdown', event => {
      pressed.set(event.pointerId, position(event));
      try { canvas.setPointerCapture(event.pointerId); } catch { /* a pointer that was made by a script */ }
      canvas.classList.add('moving');
      if (event.pointerType !== 'mouse') hover(event);
    });
    canvas.addEventListener('pointermove', event => {
      const before = pressed.get(event.pointerId);
      if (!before) { hover(event); return; }
      const now = position(event);
      const other = [...pressed].find(([pointer]) => pointer !== event.pointerId)?.[1];
      if (other) {
        const apart = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
        zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      } else {
        pan(now[0] - before[0], now[1] - before[1]);
      }
      hideTip();
      pressed.set(event.pointerId, now);
    });
    const release = event => {
      pressed.delete(event.pointerId);
      if (!pressed.size) canvas.classList.remove('moving');
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => { hovered = -1; hideTip(); redraw(); });

    // The wheel scrolls the page until the map was clicked: else nobody would get past it.
    let hintTimer;
    canvas.addEventListener('wheel', event => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) {
        hint.classList.add('on');
        clearTimeout(hintTimer);
        hintTimer = setTimeout(() => hint.classList.remove('on'), 1200);
        return;
      }
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...position(event));
    }, { passive: false });
    canvas.addEventListener('keydown', event => {
      const steps = { ArrowLeft: [50, 0], ArrowRight: [-50, 0], ArrowUp: [0, 50], ArrowDown: [0, -50] };
      if (steps[event.key]) pan(...steps[event.key]);
      else if (event.key === '+' || event.key === '=') zoom(1.4);
      else if (event.key === '-') zoom(1 / 1.4);
      else if (event.key === '0') fit();
      else if (event.key === 'Escape') canvas.blur();
      else return;
      event.preventDefault();
    });
    const controls = { 'map-in': () => zoom(1.5), 'map-out': () => zoom(1 / 1.5), 'map-fit': fit };
    for (const name in controls) document.getElementById(name).addEventListener('click', controls[name]);
    if (filter) filter.addEventListener('change', redraw);

    const find = () => {
      const wanted = search.value.trim();
      marked = -1;
      found.textContent = '';
      if (wanted) {
        let begins = -1;
        for (let i = 0; i < nodes && marked < 0; i++) {
          if (id(i) === wanted) marked = i;
          else if (begins < 0 && id(i).startsWith(wanted)) begins = i;
        }
        if (marked < 0) marked = begins;
        if (marked < 0) {
          found.textContent = 'No node has this id';
        } else {
          const parts = [`node ${id(marked)}`];
          if (map.c[marked] >= 0) parts.push(className(map.c[marked]));
          found.textContent = parts.join(' · ');
          unit = Math.max(unit, fitted * 4);
          dx = width / 2 - map.x[marked] * unit;
          dy = height / 2 - map.y[marked] * unit;
          touched = true;
        }
      } else {
        fit();
      }
      canvas.dataset.found = marked < 0 ? '' : id(marked);
      redraw();
    };
    search.addEventListener('input', find);

    const legend = document.getElementById('map-legend');
    kinds.forEach((kind, k) => {
      if (kinds.length === 1 && kind.class < 0) return;
      const button = element('button', undefined, legend);
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      button.title = 'Click: hide or show. Double click: this class alone';
      const icon = drawn('svg', { viewBox: '-6 -6 12 12', 'aria-hidden': 'true' }, button);
      const style = `fill:var(--${kind.ink})`;
      if (kind.corners.length) {
        drawn('polygon', { points: kind.corners.map(([x, y]) => `${5 * x},${5 * y}`).join(' '), style }, icon);
      } else {
        drawn('circle', { r: 5, style }, icon);
      }
      element('span', kind.name, button);
      element('small', members[k].length, button);
      const update = () => {
        [...legend.children].forEach((other, o) => other.setAttribute('aria-pressed', String(visible[o])));
        redraw();
      };
      button.addEventListener('click', () => { visible[k] = !visible[k]; update(); });
      button.addEventListener('dblclick', () => {
        const alone = visible.every((on, o) => on === (o === k));
        visible.forEach((_, o) => { visible[o] = alone || o === k; });
        update();
      });
    });

    readColours();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); redraw(); });
    new ResizeObserver(resize).observe(canvas);
    resize();
  };
  if (data.map) mapOf(data.map);

  // ---- the command ---------------------------------------------------------------------------------------------

  const copy = document.getElementById('copy');
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener('click', () => {
      navigator.clipboard.writeText(document.getElementById('command').textContent).then(() => {
        copy.textContent = 'Copied';
        setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
      }, () => {});
    });
  }
  root.dataset.ready = 'yes';
})();
