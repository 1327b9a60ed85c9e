'use strict';

const byId = (id) => document.getElementById(id);
const [form, text, file, key, send, message] = ['form', 'text', 'file', 'key', 'send', 'message'].map(byId);
const [result, filters, score, count, marked] = ['result', 'filters', 'score', 'count', 'marked'].map(byId);

const state = {
  info: { labels: {}, limits: {} },
  opened: null,           // the text of a file as it is; a textarea would change its line ends
  prediction: null,       // what the server answered
  hidden: new Set(),      // labels that are not shown
};

function say(line, isError = false) {
  message.textContent = line;
  message.classList.toggle('error', isError);
}

/* Offsets count code points, as in Python; a JavaScript string counts UTF-16 units. */
function slices(string) {
  const points = Array.from(string);
  return (start, end) => points.slice(start, end).join('');
}

function shown() {
  const least = Number(score.value);
  return state.prediction.entities.filter((entity) => entity.score >= least && !state.hidden.has(entity.label));
}

/* Pieces that nest: an entity that crosses the end of another one is cut there. */
function nested(entities) {
  const stretches = ({ start, end, fragments }) => fragments ?? [[start, end]];
  const waiting = entities.flatMap((entity) => stretches(entity).map(([start, end]) => ({ start, end, entity })));
  const inOrder = (one, other) => one.start - other.start || other.end - one.end;
  const pieces = [];
  let open = [];
  waiting.sort(inOrder);
  while (waiting.length) {
    const piece = waiting.shift();
    open = open.filter((outer) => outer.end > piece.start);
    const border = Math.min(piece.end, ...open.map((outer) => outer.end));
    if (border < piece.end) {
      waiting.push({ ...piece, start: border });
      waiting.sort(inOrder);
      piece.end = border;
    }
    open.push(piece);
    pieces.push(piece);
  }
  return pieces;
}

function markOf({ entity, end }) {
  const mark = document.createElement('mark');
  mark.style.setProperty('--hue', state.info.labels[entity.label] ?? 0);
  mark.title = `${entity.label} ${entity.score.toFixed(3)}`;
  if (end === entity.end) {
    const label = document.createElement('small');
    label.textContent = entity.label;
    mark.append(label);
  }
  return mark;
}

/* Everything that came from a text or a server becomes a text node, never markup. */
function drawText(entities) {
  const slice = slices(state.prediction.text);
  const root = document.createDocumentFragment();
  const open = [{ node: root, end: Infinity }];
  let at = 0;
  const write = (to) => {
    const { node } = open[open.length - 1];
    const piece = document.createTextNode(slice(at, to));
    if (node.lastElementChild?.tagName === 'SMALL') node.insertBefore(piece, node.lastElementChild);
    else node.append(piece);
    at = to;
  };
  const closeUntil = (border) => {
    while (open[open.length - 1].end <= border) {
      write(open[open.length - 1].end);
      open.pop();
    }
  };
  for (const piece of nested(entities)) {
    closeUntil(piece.start);
    write(piece.start);
    const node = markOf(piece);
    const outer = open[open.length - 1].node;
    outer.insertBefore(node, outer.lastElementChild?.tagName === 'SMALL' ? outer.lastElementChild : null);
    open.push({ node, end: piece.end });
  }
  const length = Array.from(state.prediction.text).length;
  closeUntil(length);
  write(length);
  marked.replaceChildren(root);
}

function draw() {
  const entities = shown();
  byId('score-value').textContent = Number(score.value).toFixed(2);
  count.textContent = `${entities.length} of ${state.prediction.entities.length} entities`;
  drawText(entities);
}

function drawFilters() {
  const counts = new Map();
  for (const { label } of state.prediction.entities) counts.set(label, (counts.get(label) ?? 0) + 1);
  const chips = [...counts.keys()].sort().map((label) => {
    const chip = document.createElement('label');
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = !state.hidden.has(label);
    box.value = label;
    box.addEventListener('change', () => {
      if (box.checked) state.hidden.delete(label);
      else state.hidden.add(label);
      draw();
    });
    chip.className = 'chip';
    chip.style.setProperty('--hue', state.info.labels[label] ?? 0);
    chip.append(box, `${label} ${counts.get(label)}`);
    return chip;
  });
  filters.replaceChildren(filters.querySelector('legend'), ...chips);
  filters.hidden = chips.length === 0;
}

async function ask(string) {
  const headers = { 'Content-Type': 'application/json' };
  // A header takes bytes, so the key goes as those of its UTF-8.
  if (key.value) headers['X-API-Key'] = String.fromCharCode(...new TextEncoder().encode(key.value));
  const answer = await fetch('predict', { method: 'POST', headers, body: JSON.stringify({ text: string }) });
  const body = await answer.json();
  if (answer.status === 401) {
    byId('key-row').hidden = false;
    key.focus();
  }
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

async function predict() {
  send.disabled = true;
  say('Reading…');
  try {
    state.prediction = await ask(state.opened ?? text.value);
    result.hidden = false;
    drawFilters();
    draw();
    say('');
  } catch (error) {
    say(error instanceof TypeError ? 'The server cannot be reached.' : error.message, true);
  } finally {
    send.disabled = false;
  }
}

async function open(chosen) {
  if (!chosen) return;
  if (chosen.size > (state.info.limits.max_body ?? Infinity)) {
    say(`${chosen.name} has ${chosen.size} bytes; the server takes ${state.info.limits.max_body}.`, true);
    return;
  }
  try {
    state.opened = new TextDecoder('utf-8', { fatal: true }).decode(await chosen.arrayBuffer());
    text.value = state.opened;
    say(`Opened ${chosen.name}.`);
  } catch {
    say(`${chosen.name} is not text in UTF-8.`, true);
  }
}

function download() {
  const prediction = { text: state.prediction.text, entities: shown() };
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(prediction, null, 1)}\n`], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'entities.json';
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

form.addEventListener('submit', (event) => { event.preventDefault(); predict(); });
form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !send.disabled) form.requestSubmit();
});
text.addEventListener('input', () => { state.opened = null; });
file.addEventListener('change', async () => { await open(file.files[0]); file.value = ''; });
score.addEventListener('input', draw);
byId('download').addEventListener('click', download);
for (const type of ['dragover', 'drop', 'dragleave']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();     // else the browser would leave the page for the file
    text.classList.toggle('dragged', type === 'dragover');
    if (type === 'drop') open(event.dataTransfer.files[0]);
  });
}
fetch('info').then((answer) => answer.json()).then((info) => { state.info = info; }, () => {});
