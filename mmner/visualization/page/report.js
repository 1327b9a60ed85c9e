'use strict';

const STEP = 50;        // sentences that one click adds
const byId = (id) => document.getElementById(id);
const sentences = JSON.parse(byId('sentences').textContent);
const [form, list, count, more] = ['filters', 'list', 'count', 'more'].map(byId);
let found = [];

/* Some pair of a gold and a predicted entity has all that is chosen; of a category, -1 means that there is none. */
function fits({ text, change, pairs }) {
  const { words, kind, gold, predicted, changed } = Object.fromEntries(new FormData(form));
  const chosen = ([pairKind, ...categories]) => (!kind || kind === pairKind || (kind === 'error' && pairKind !== 'correct'))
    && [gold, predicted].every((value, place) => !value || Number(value) === categories[place]);
  return text.toLowerCase().includes(words.toLowerCase())
    && (!changed || (change && (changed === 'any' || changed === change)))
    && (!(kind || gold || predicted) || pairs.some(chosen));
}

function filter() {
  found = sentences.filter(fits);
  list.replaceChildren();
  count.textContent = `${found.length} of ${sentences.length} sentences`;
  showMore();
}

function showMore() {
  for (const { where, html } of found.slice(list.children.length, list.children.length + STEP)) {
    const item = document.createElement('li');
    const place = document.createElement('small');
    place.textContent = where;
    item.innerHTML = html;      // escaped by mmner.visualization.html
    item.prepend(place);
    list.append(item);
  }
  more.hidden = list.children.length === found.length;
}

/* A count in a table leads to its sentences. */
function choose(event) {
  const button = event.target.closest('button[data-filter]');
  if (!button) return;
  form.reset();
  for (const [name, value] of Object.entries(JSON.parse(button.dataset.filter))) form.elements[name].value = value;
  filter();
  byId('list-of-sentences').scrollIntoView();
}

form.addEventListener('input', filter);
form.addEventListener('reset', () => setTimeout(filter));
form.addEventListener('submit', (event) => event.preventDefault());
more.addEventListener('click', showMore);
document.addEventListener('click', choose);
filter();
