// The intake without the mouse: answers and states by one digit, the card reader, the next field.
(function () {
  'use strict';

  function composing(event) { return event.isComposing || event.keyCode === 229; }
  function by(id) { return document.getElementById(id); }
  function tell(element) { element.dispatchEvent(new Event('change', { bubbles: true })); }

  // ---- one digit answers a question or says what became of a material, then the next one is up
  var jump = false;

  document.addEventListener('keydown', function (event) {
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || composing(event)) return;
    if (document.documentElement.dataset.keys === 'off') return;
    var group = event.target.type === 'radio' && event.target.closest('[data-pick]');
    var choice = group && group.querySelector('[data-number="' + event.key + '"]');
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    choice.focus();
    if (group.hasAttribute('data-material')) {
      tell(choice);
      onward(group);
    } else {
      jump = true;
      tell(choice);
    }
  });

  function onward(group) {
    var rows = Array.prototype.slice.call(document.querySelectorAll('[data-material]'));
    var row = rows[rows.indexOf(group) + 1];
    var to = row ? row.querySelector('input:checked') || row.querySelector('input') : document.querySelector('.win-outcome button');
    if (to) to.focus();
  }

  // after settling, not after the swap: a key pressed sooner would meet answers not yet wired up
  document.addEventListener('htmx:afterSettle', function (event) {
    if (event.target.id !== 'situation' || !jump) return;
    jump = false;
    var to = document.querySelector('#situation [data-open] input, #situation [data-verdict]') || by('id_identity');
    if (to) to.focus();
  });

  // ---- the identity number: check digit (GB 11643), and what a reader sends
  function right(number) {
    var weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], sum = 0;
    if (!/^\d{17}[\dX]$/.test(number)) return false;
    weights.forEach(function (weight, place) { sum += weight * Number(number[place]); });
    return '10X98765432'[sum % 11] === number[17];
  }

  function say(what) {
    var said = by('reader-said');
    said.textContent = what ? said.dataset[what] : '';
  }

  function put(id, value) {
    var field = by(id);
    if (!field || !value) return;
    field.value = value;
    tell(field);
  }

  function fill(card) {
    say('');
    var person = document.querySelector('input[name="kind"][value="person"]');
    if (person) person.checked = true;
    put('id_identity', card.number);
    put('id_name', card.name);
    put('id_address', card.address);
    place(card.address || '');
    var phone = by('id_phone');
    (by('id_name').value ? phone : by('id_name')).focus();
  }

  // the card's address often names town and village: chosen, and the clerk sees and may change it
  var wanted = '';

  function named(select, address) {
    return Array.prototype.find.call(select.options, function (option) {
      var name = option.text.replace(/(村民委员会|村委会|社区居委会|居委会)$/, '');
      return option.value && name.length > 1 && address.indexOf(name) >= 0;
    });
  }

  function place(address) {
    var town = by('id_town'), found = named(town, address);
    wanted = address;
    if (found && found.value !== town.value) {
      town.value = found.value;
      tell(town);
    } else {
      village();
    }
  }

  function village() {
    var select = by('id_village'), found = wanted && named(select, wanted);
    wanted = '';
    if (!found || found.value === select.value) return;
    select.value = found.value;
    tell(select);
  }

  document.addEventListener('htmx:afterSwap', function (event) {
    if (event.target.id === 'place-rest') village();
  });

  // ---- a wedge types like a keyboard, only faster: under 35 ms a key, ended with Enter.
  // Some send the number alone, some the whole card with signs between.
  var QUICK = 35, LEAST = 15, last = 0, burst = 0;

  document.addEventListener('keydown', function (event) {
    var field = event.target;
    if (!field.hasAttribute || !field.hasAttribute('data-wedge') || composing(event)) return;
    burst = event.timeStamp - last < QUICK ? burst + 1 : 0;
    last = event.timeStamp;
    if (event.key === 'Tab' && burst > 3) {
      event.preventDefault();
      field.setRangeText('|', field.selectionStart, field.selectionEnd, 'end');
    }
    if (event.key !== 'Enter' || burst < LEAST) return;
    burst = 0;
    var card = record(field.value);
    if (!card) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (right(card.number)) {
      fill(card);
    } else {
      field.value = card.number;
      say('wrong');
      field.select();
    }
  }, true);

  function record(text) {
    var parts = text.normalize('NFKC').split(/[|,;\t、]+/).map(function (part) { return part.trim(); });
    var number = text.normalize('NFKC').toUpperCase().match(/\d{17}[\dX]/);
    if (!number) return null;
    var words = parts.filter(function (part) { return /\p{Script=Han}/u.test(part); });
    var address = words.filter(function (part) { return /[省市县区镇乡村路号]/.test(part) && part.length > 5; })[0];
    var name = words.filter(function (part) { return part !== address && part.length > 1 && !/^(.族|.+族|公安局.*|.*公安局)$/.test(part); })[0];
    return { number: number[0], name: name || '', address: address || '' };
  }

  // ---- F4: the reader's own service on this machine; where it fails, typing goes on
  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-read-card]');
    if (!button) return;
    var stop = new AbortController(), field = by('id_identity');
    var timer = setTimeout(function () { stop.abort(); }, 5000);
    button.setAttribute('aria-busy', 'true');
    fetch(button.dataset.readCard + '/read', { signal: stop.signal, credentials: 'omit', cache: 'no-store' })
      .then(function (answer) { return answer.json(); })
      .then(function (card) {
        if (!card.number) { say('empty'); field.focus(); return; }
        if (!right(card.number)) { say('wrong'); field.focus(); return; }
        fill(card);
      })
      .catch(function () { say('off'); field.focus(); })
      .finally(function () { clearTimeout(timer); button.removeAttribute('aria-busy'); });
  });
})();
