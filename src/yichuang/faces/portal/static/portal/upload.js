// Uploads in pieces: a cut loses nothing, and after a reload the same file goes on where it stopped.
// Without this script the form sends the file whole. No inline code, no eval.
(function () {
  'use strict';

  var PIECE = 512 * 1024;
  var LONGEST = 30000; // between two tries, in ms

  document.querySelectorAll('form[data-upload]').forEach(function (form) {
    var base = form.dataset.upload;
    var bar = form.querySelector('[data-upload-bar]');
    var progress = form.querySelector('progress');
    var text = form.querySelector('[data-upload-text]');
    var live = form.querySelector('[data-upload-live]');
    var more = form.querySelector('[data-upload-more]');
    var token = form.querySelector('[name=csrfmiddlewaretoken]').value;
    var running = null; // {file, id, received, wait, timer}

    // What was under way is remembered by number only: no name, no content stays on the device.
    function remembered() {
      try { return JSON.parse(localStorage.getItem(base) || 'null'); } catch (error) { return null; }
    }
    function remember(what) {
      try {
        if (what) localStorage.setItem(base, JSON.stringify(what)); else localStorage.removeItem(base);
      } catch (error) { /* private mode: then a reload begins anew */ }
    }

    function show(words, aloud) {
      bar.hidden = false;
      text.textContent = words;
      if (aloud) live.textContent = words;
    }

    function ask(method, path, body, type) {
      var headers = { 'X-CSRFToken': token };
      if (type) headers['Content-Type'] = type;
      return fetch(base + path, { method: method, headers: headers, body: body, credentials: 'same-origin' })
        .then(function (answer) {
          return answer.json().catch(function () { return {}; }).then(function (said) {
            if (answer.ok) return said;
            said.status = answer.status;
            throw said;
          });
        });
    }

    // A short sum over the first and the last 64 kB: tells whether this is the same file again.
    function sum(file) {
      var ends = new Blob([file.slice(0, 65536), file.slice(Math.max(0, file.size - 65536))]);
      return ends.arrayBuffer().then(function (content) {
        var hash = 2166136261;
        new Uint8Array(content).forEach(function (byte) { hash = Math.imul(hash ^ byte, 16777619); });
        return file.size + '-' + (hash >>> 0).toString(16);
      });
    }

    function start(file) {
      more.hidden = true;
      progress.value = 0;
      show(form.dataset.wordsSending, true);
      sum(file).then(function (mark) {
        var before = remembered();
        var known = before && before.mark === mark
          ? ask('GET', '/' + before.id).catch(function (said) {
            if (said.status === 404) return null;
            throw said;
          })
          : Promise.resolve(null);
        return known.then(function (state) {
          if (state && state.size === file.size) return { id: before.id, received: state.received };
          return ask('POST', '', JSON.stringify({ name: file.name, size: file.size }), 'application/json');
        }).then(function (state) {
          remember({ id: state.id, mark: mark });
          running = { file: file, id: state.id, received: state.received, wait: 1000 };
          send();
        });
      }).catch(function (said) { failed(said, function () { start(file); }); });
    }

    function send() {
      var now = running;
      tell(now);
      if (now.received >= now.file.size) { finish(now); return; }
      var piece = now.file.slice(now.received, now.received + PIECE);
      ask('POST', '/' + now.id + '?offset=' + now.received, piece, 'application/octet-stream')
        .then(function (said) {
          now.received = said.received;
          now.wait = 1000;
          send();
        })
        .catch(function (said) {
          if (said.status === 409 && typeof said.received === 'number') {
            now.received = said.received;
            send();
          } else failed(said, send);
        });
    }

    function tell(now) {
      var share = Math.floor(100 * now.received / now.file.size);
      progress.value = share;
      show(form.dataset.wordsSending + ' ' + share + '%', share % 25 < 3);
    }

    function finish(now) {
      show(form.dataset.wordsWait, true);
      ask('POST', '/' + now.id + '/finish').then(function (said) {
        remember(null);
        location.assign(said.next);
      }).catch(function (said) { failed(said, function () { finish(now); }); });
    }

    // A refusal is told and ends it; a cut waits and goes on by itself.
    function failed(said, again) {
      if (said && said.message && said.status < 500) {
        running = null;
        remember(null);
        form.reset();
        show(said.message + ' ' + (said.remedy || ''), true);
        progress.hidden = true;
        return;
      }
      show(form.dataset.wordsCut, true);
      more.hidden = false;
      var wait = running ? running.wait : 2000;
      if (running) running.wait = Math.min(wait * 2, LONGEST);
      var timer = setTimeout(go, wait);
      function go() {
        clearTimeout(timer);
        window.removeEventListener('online', go);
        more.hidden = true;
        again();
      }
      window.addEventListener('online', go);
      more.querySelector('button').onclick = go;
    }

    function begin(input) {
      var chosen = input && input.files && input.files[0];
      if (!chosen) return;
      progress.hidden = false;
      start(chosen);
    }
    form.addEventListener('change', function (event) { begin(event.target); });
    form.addEventListener('submit', function (event) {
      if (running) event.preventDefault(); // it is on its way already
    });
    form.querySelector('[data-upload-plain]').hidden = true; // choosing is enough

    var before = remembered();
    begin(form.querySelector('input[type=file]')); // chosen before this script had come
    if (before && !running) {
      ask('GET', '/' + before.id).then(function (state) {
        var share = Math.floor(100 * state.received / state.size);
        progress.value = share;
        show(form.dataset.wordsAgain + state.name + ' (' + share + '%)', true);
      }).catch(function () { remember(null); });
    }
  });
})();
