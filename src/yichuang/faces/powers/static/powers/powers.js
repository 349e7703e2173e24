// Long lists to tick: typing a few words shows only the names that hold them; how many are ticked is
// told. Without scripts the lists are simply long.
(function () {
  'use strict';

  document.querySelectorAll('[data-picks]').forEach(function (group) {
    var form = group.closest('form');
    var boxes = Array.prototype.slice.call(group.querySelectorAll('input[type=checkbox]'));
    var tools = document.createElement('div');
    var find = document.createElement('input');
    var told = document.createElement('span');
    tools.className = 'pw-find';
    find.className = 'zw-input';
    find.type = 'search';
    find.placeholder = form.dataset.filterLabel;
    find.setAttribute('aria-label', form.dataset.filterLabel);
    told.setAttribute('role', 'status');
    tools.append(find, told);
    group.querySelector('legend').after(tools);

    function count() {
      var chosen = boxes.filter(function (box) { return box.checked; }).length;
      told.textContent = form.dataset.chosenLabel + ' ' + chosen + ' / ' + boxes.length;
    }

    function show() {
      var words = find.value.trim().toLowerCase();
      boxes.forEach(function (box) {
        var item = box.parentNode;
        item.hidden = Boolean(words) && !item.textContent.toLowerCase().includes(words);
      });
      group.querySelectorAll('.pw-set').forEach(function (set) {
        var left = set.querySelector('.zw-checkboxes__item:not([hidden])');
        set.hidden = !left;
        if (words && left && set.tagName === 'DETAILS') set.open = true;
      });
    }

    find.addEventListener('input', show);
    find.addEventListener('keydown', function (event) {
      if (event.key === 'Enter') event.preventDefault(); // it finds; it does not save
    });
    group.addEventListener('change', count);
    count();
  });
})();
