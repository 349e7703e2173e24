// What the counter gains where scripts run: a whole intake without the mouse. No inline code, no eval.
(function () {
  'use strict';

  function composing(event) { return event.isComposing || event.keyCode === 229; }

  // ---- Enter leads to the next field, as card readers and clerks end each entry with it
  function next(form, from) {
    var elements = Array.prototype.filter.call(form.elements, function (one) {
      return one.type !== 'hidden' && one.type !== 'fieldset' && one.tabIndex >= 0 && !one.disabled &&
        !one.hasAttribute('data-enter-skip') && !one.closest('[data-enter-past]') && !one.hasAttribute('data-all-submitted') &&
        one.getClientRects().length > 0 && (one.type !== 'radio' || one.checked || one === from);
    });
    return elements[elements.indexOf(from) + 1];
  }

  document.addEventListener('keydown', function (event) {
    if (event.key !== 'Enter' || composing(event) || event.ctrlKey || event.altKey || event.shiftKey) return;
    var from = event.target, form = from.form;
    if (!form || !form.hasAttribute('data-enter-next') || !/^(input|select)$/i.test(from.tagName)) return;
    if (from.type === 'file' || from.type === 'submit') return;
    event.preventDefault();
    if (event.repeat) return;
    var to = next(form, from);
    if (!to) return;
    to.focus();
    if (to.select) to.select();
  });

  // ---- a number put right: what was said of the old one at its field goes
  document.addEventListener('htmx:afterSwap', function (event) {
    if (event.target.id !== 'identity-said') return;
    var field = document.getElementById('id_identity');
    var group = field && field.closest('.zw-form-group--error');
    if (!group) return;
    group.classList.remove('zw-form-group--error');
    field.classList.remove('zw-input--error');
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
    group.querySelector('.zw-error-message').remove();
  });

  // ---- everything that is still missing was handed in
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-all-submitted]');
    if (!button) return;
    button.form.querySelectorAll('[data-material]').forEach(function (row) {
      var missing = row.querySelector('input[value="missing"]:checked');
      var submitted = row.querySelector('input[value="submitted"]');
      if (missing && submitted) submitted.checked = true;
    });
    var outcome = button.form.querySelector('.win-outcome button');
    if (outcome) outcome.focus();
  });

  // ---- the list of items: down and up walk it, Enter in the box opens the first that answers it
  document.addEventListener('keydown', function (event) {
    if (composing(event)) return;
    var box = event.target.closest('[data-hits]');
    var link = event.target.closest('.win-hits__link');
    if (!box && !link) return;
    if (!/^(ArrowDown|ArrowUp|Enter)$/.test(event.key)) return;
    var input = box || document.querySelector('[data-hits]');
    var links = Array.prototype.slice.call(document.querySelectorAll('.win-hits__link'));
    if (event.key === 'Enter') {
      var list = document.querySelector('.win-hits');
      if (!box || !list || !box.value.trim() || list.dataset.for !== box.value.trim()) return;
      event.preventDefault();
      links[0].click();
      return;
    }
    event.preventDefault();
    var to = links.indexOf(link) + (event.key === 'ArrowDown' ? 1 : -1);
    (links[to] || (to < 0 ? input : links[links.length - 1] || input)).focus();
  });
})();
