// What the pages gain where scripts run; all of them work without. No inline code, no eval.
(function () {
  'use strict';

  var root = document.documentElement;
  root.dataset.script = '';

  function each(selector, act) { document.querySelectorAll(selector).forEach(act); }

  // Says something to everybody, screen readers included.
  function say(text) {
    var live = document.getElementById('zw-live');
    if (!live || !text) return;
    live.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(function () { live.textContent = ''; }, 10000);
  }

  // ---- errors first: the summary takes the focus, its links lead into the field
  function focusSummary(within) {
    var summary = within.querySelector('[data-error-summary]');
    if (summary) summary.focus();
  }

  document.addEventListener('click', function (event) {
    var link = event.target.closest('[data-error-summary] a[href^="#"]');
    if (!link) return;
    var field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    var group = field.closest('.zw-form-group') || field;
    group.scrollIntoView();
    field.focus({ preventScroll: true });
  });

  // ---- hotkeys: data-hotkey="F9", "Ctrl+K", "Alt+1". Never while an input method composes.
  function pressed(event) {
    var key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    return (event.ctrlKey ? 'Ctrl+' : '') + (event.altKey ? 'Alt+' : '') +
      (event.shiftKey && event.key.length > 1 ? 'Shift+' : '') + key;
  }

  function usable(element) {
    return !element.disabled && element.getAttribute('aria-disabled') !== 'true' &&
      element.getClientRects().length > 0;
  }

  function typing(element) {
    return element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName);
  }

  function act(element) {
    if (typing(element)) {
      element.focus();
      if (element.select) element.select();
    } else {
      element.focus();
      element.click();
    }
  }

  document.addEventListener('keydown', function (event) {
    if (event.isComposing || event.keyCode === 229 || event.repeat || event.defaultPrevented) return;
    if (root.dataset.keys === 'off') return;
    var open = document.querySelector('dialog[open]');
    var combination = pressed(event);
    if (combination === '?' && !typing(event.target) && !open) {
      event.preventDefault();
      showKeys();
      return;
    }
    // A single character typed into a box is text, whatever it is bound to.
    if (combination.length === 1 && typing(event.target)) return;
    var found = Array.prototype.find.call(
      (open || document).querySelectorAll('[data-hotkey]'),
      function (element) { return element.dataset.hotkey === combination && usable(element); }
    );
    if (!found) return;
    event.preventDefault();
    act(found);
  });

  function words(element) {
    if (element.dataset.hotkeyText) return element.dataset.hotkeyText;
    if (typing(element) && element.labels && element.labels[0]) return element.labels[0].textContent.trim();
    var copy = element.cloneNode(true);
    copy.querySelectorAll('kbd').forEach(function (key) { key.remove(); });
    return copy.textContent.trim();
  }

  function showKeys() {
    var dialog = document.getElementById('zw-keys');
    var list = dialog && dialog.querySelector('[data-key-list]');
    if (!list) return;
    list.textContent = '';
    each('[data-hotkey]', function (element) {
      if (!usable(element)) return;
      var item = document.createElement('li');
      var key = document.createElement('kbd');
      key.className = 'zw-key';
      key.textContent = element.dataset.hotkey;
      item.append(key, words(element));
      list.append(item);
    });
    dialog.showModal();
  }

  document.addEventListener('click', function (event) {
    var target = event.target.closest('[data-open-keys],[data-close],[data-print],[data-copy]');
    if (!target) return;
    if (target.matches('[data-open-keys]')) showKeys();
    else if (target.matches('[data-close]')) target.closest('dialog').close();
    else if (target.matches('[data-print]')) window.print();
    else copy(target);
  });

  // ---- copy a number; the clipboard needs HTTPS, so there is an older way too
  function copy(button) {
    var done = function () { say(button.dataset.copied); };
    if (navigator.clipboard && window.isSecureContext) {
      navigator.clipboard.writeText(button.dataset.copy).then(done, function () { copyByHand(button, done); });
    } else {
      copyByHand(button, done);
    }
  }

  function copyByHand(button, done) {
    var box = document.createElement('textarea');
    box.value = button.dataset.copy;
    box.className = 'zw-visually-hidden';
    document.body.append(box);
    box.select();
    if (document.execCommand('copy')) done();
    box.remove();
    button.focus();
  }

  // ---- filters submit on change
  document.addEventListener('change', function (event) {
    var form = event.target.closest('form[data-autosubmit]');
    if (form && event.target.matches('select,input[type=checkbox],input[type=radio],input[type=date]')) {
      form.requestSubmit();
    }
  });

  // ---- a form goes out once; after 300 ms the button says that the server works
  var resting = new Map(); // busy button → what it showed before

  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (form.method === 'dialog' || event.defaultPrevented) return;
    if (form.hasAttribute('data-sent')) { event.preventDefault(); return; }
    if (form.method !== 'post') return;
    form.setAttribute('data-sent', '');
    setTimeout(release, 15000); // an answer that is a file leaves this page standing
    var button = event.submitter;
    if (!button || !button.dataset.busy) return;
    setTimeout(function () {
      if (!form.hasAttribute('data-sent')) return;
      resting.set(button, Array.from(button.childNodes));
      button.textContent = button.dataset.busy;
      button.setAttribute('aria-busy', 'true');
      say(button.dataset.busy);
    }, 300);
  });

  function release() {
    each('form[data-sent]', function (form) { form.removeAttribute('data-sent'); });
    resting.forEach(function (nodes, button) {
      button.replaceChildren.apply(button, nodes);
      button.removeAttribute('aria-busy');
    });
    resting.clear();
  }
  // back button: the page comes from memory with its forms still marked as sent
  window.addEventListener('pageshow', function (event) { if (event.persisted) release(); });

  // ---- htmx: errors are said, not swallowed; swapped-in summaries take the focus
  document.addEventListener('htmx:sendError', function () {
    release();
    say(document.getElementById('zw-live').dataset.offline);
  });
  document.addEventListener('htmx:responseError', function () {
    release();
    say(document.getElementById('zw-live').dataset.failed);
  });
  document.addEventListener('htmx:afterRequest', release);
  document.addEventListener('htmx:afterSwap', function (event) { focusSummary(event.target); });

  focusSummary(document);
})();
