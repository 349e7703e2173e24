// A document camera bound to one row of the list: pages, turned upright, a word on blur; the result
// goes into the row's own file box, as one picture or one PDF. Without it the box works as ever.
(function () {
  'use strict';

  var LONGEST = 2000;      // pixels of the longer side that are kept
  var LOOKED_AT = 320;     // pixels of width in which sharpness is judged
  var SHARP = 60;          // variance of the Laplacian below which print is hard to read
  var dialog = document.getElementById('camera');
  if (!dialog) return;
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
    document.querySelectorAll('[data-camera]').forEach(function (button) { button.hidden = true; });
    return;
  }
  var live = dialog.querySelector('[data-camera-live]');
  var list = dialog.querySelector('[data-camera-pages]');
  var said = dialog.querySelector('[data-camera-said]');
  var which = dialog.querySelector('[data-camera-device]');
  var pages = [], stream = null, input = null, opener = null;

  function say(what) {
    said.textContent = what ? said.dataset[what] : '';
    said.dataset.kind = what;
  }

  function start(id) {
    stop();
    var video = { width: { ideal: 2592 }, facingMode: 'environment' };
    if (id) video = { width: { ideal: 2592 }, deviceId: { ideal: id } };
    return navigator.mediaDevices.getUserMedia({ video: video }).then(function (opened) {
      stream = opened;
      live.srcObject = opened;
      return live.play();
    }).then(devices, function () { say('off'); });
  }

  function stop() {
    if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
    stream = null;
  }

  function devices() {
    return navigator.mediaDevices.enumerateDevices().then(function (all) {
      var cameras = all.filter(function (one) { return one.kind === 'videoinput'; });
      which.closest('label').hidden = cameras.length < 2;
      which.replaceChildren.apply(which, cameras.map(function (one, place) {
        return new Option(one.label || String(place + 1), one.deviceId);
      }));
      which.value = localStorage.getItem('camera') || which.value;
    });
  }

  which.addEventListener('change', function () {
    localStorage.setItem('camera', which.value);   // this desk's camera, no person in it
    start(which.value);
  });

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-camera]');
    if (!button) return;
    opener = button;
    input = document.getElementById(button.dataset.camera);
    pages = [];
    draw();
    say('');
    dialog.querySelector('[data-camera-what]').textContent = button.dataset.cameraFor;
    dialog.showModal();
    start(localStorage.getItem('camera'));
  });

  // F6: the camera for the row at hand, else for the first row that is missing
  document.addEventListener('keydown', function (event) {
    if (event.key !== 'F6' || dialog.open || document.documentElement.dataset.keys === 'off') return;
    var at = document.activeElement.closest('[data-material]');
    var missing = document.querySelector('[data-material] input[value="missing"]:checked');
    at = at || (missing && missing.closest('[data-material]')) || document.querySelector('[data-material]');
    if (!at) return;
    event.preventDefault();
    at.querySelector('[data-camera]').click();
  });

  dialog.addEventListener('close', function () {
    stop();
    if (opener) opener.focus();
  });

  // ---- pages
  function canvas(width, height) {
    var made = document.createElement('canvas');
    made.width = width;
    made.height = height;
    return made;
  }

  function take() {
    if (!live.videoWidth) return;
    var scale = Math.min(1, LONGEST / Math.max(live.videoWidth, live.videoHeight));
    var page = canvas(Math.round(live.videoWidth * scale), Math.round(live.videoHeight * scale));
    page.getContext('2d').drawImage(live, 0, 0, page.width, page.height);
    pages.push(page);
    say(sharpness(page) < SHARP ? 'blurred' : 'sharp');
    draw();
  }

  function turned(page) {
    var made = canvas(page.height, page.width), pen = made.getContext('2d');
    pen.translate(made.width, 0);
    pen.rotate(Math.PI / 2);
    pen.drawImage(page, 0, 0);
    return made;
  }

  function turn(place) {
    if (!pages[place]) return;
    pages[place] = turned(pages[place]);
    draw();
  }

  // how much brightness changes from pixel to pixel: print in focus changes a lot
  function sharpness(page) {
    var width = Math.min(LOOKED_AT, page.width), height = Math.max(3, Math.round(page.height * width / page.width));
    var small = canvas(width, height), pen = small.getContext('2d', { willReadFrequently: true });
    pen.drawImage(page, 0, 0, width, height);
    var data = pen.getImageData(0, 0, width, height).data, grey = new Float32Array(width * height);
    for (var at = 0; at < grey.length; at += 1) {
      grey[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
    }
    var sum = 0, squares = 0, count = 0;
    for (var y = 1; y < height - 1; y += 1) {
      for (var x = 1; x < width - 1; x += 1) {
        var i = y * width + x;
        var value = 4 * grey[i] - grey[i - 1] - grey[i + 1] - grey[i - width] - grey[i + width];
        sum += value;
        squares += value * value;
        count += 1;
      }
    }
    return count ? squares / count - (sum / count) * (sum / count) : 0;
  }

  function draw() {
    list.replaceChildren.apply(list, pages.map(function (page, place) {
      var item = document.createElement('li'), image = document.createElement('img');
      image.alt = list.dataset.name.replace('#', place + 1);
      image.src = page.toDataURL('image/jpeg', 0.5);
      item.append(image, button(list.dataset.turn, place, turn), button(list.dataset.again, place, drop));
      return item;
    }));
  }

  function button(text, place, act) {
    var made = document.createElement('button');
    made.type = 'button';
    made.className = 'zw-button zw-button--plain';
    made.textContent = text;
    made.setAttribute('aria-label', text + ' ' + list.dataset.name.replace('#', place + 1));
    made.addEventListener('click', function () { act(place); });
    return made;
  }

  function drop(place) {
    pages.splice(place, 1);
    draw();
  }

  dialog.querySelector('[data-camera-take]').addEventListener('click', take);
  dialog.querySelector('[data-camera-turn]').addEventListener('click', function () { turn(pages.length - 1); });
  dialog.querySelector('[data-camera-done]').addEventListener('click', done);

  function jpeg(page) {
    return new Promise(function (give) { page.toBlob(give, 'image/jpeg', 0.85); });
  }

  function done() {
    if (!pages.length) { dialog.close(); return; }
    Promise.all(pages.map(jpeg)).then(function (pictures) {
      if (pictures.length === 1) return new File(pictures, 'capture.jpg', { type: 'image/jpeg' });
      return Promise.all(pictures.map(function (one) { return one.arrayBuffer(); })).then(pdf);
    }).then(function (file) {
      var box = new DataTransfer();
      box.items.add(file);
      input.files = box.files;
      var submitted = input.closest('[data-material]').querySelector('input[value="submitted"]');
      if (submitted) submitted.checked = true;
      dialog.close();
    });
  }

  // ---- a PDF of pictures: one page each, A4 wide
  function pdf(pictures) {
    var parts = [], offsets = [], length = 0, encoder = new TextEncoder();
    function add(part) {
      var bytes = typeof part === 'string' ? encoder.encode(part) : new Uint8Array(part);
      parts.push(bytes);
      length += bytes.length;
    }
    function object(number, head, stream) {
      offsets[number] = length;
      add(number + ' 0 obj\n' + head + '\n');
      if (stream) { add('stream\n'); add(stream); add('\nendstream\n'); }
      add('endobj\n');
    }
    add('%PDF-1.4\n');
    object(1, '<< /Type /Catalog /Pages 2 0 R >>');
    object(2, '<< /Type /Pages /Count ' + pictures.length + ' /Kids [' + pictures.map(function (_one, place) { return (3 + 3 * place) + ' 0 R'; }).join(' ') + '] >>');
    pictures.forEach(function (picture, place) {
      var first = 3 + 3 * place, page = pages[place], wide = 595, high = Math.round(595 * page.height / page.width);
      var drawing = encoder.encode('q ' + wide + ' 0 0 ' + high + ' 0 0 cm /I Do Q');
      object(first, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ' + wide + ' ' + high + '] /Resources << /XObject << /I ' + (first + 1) + ' 0 R >> >> /Contents ' + (first + 2) + ' 0 R >>');
      object(first + 1, '<< /Type /XObject /Subtype /Image /Width ' + page.width + ' /Height ' + page.height + ' /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ' + picture.byteLength + ' >>', picture);
      object(first + 2, '<< /Length ' + drawing.length + ' >>', drawing);
    });
    var table = length;
    add('xref\n0 ' + offsets.length + '\n0000000000 65535 f \n' + offsets.slice(1).map(function (at) { return String(at).padStart(10, '0') + ' 00000 n \n'; }).join(''));
    add('trailer\n<< /Size ' + offsets.length + ' /Root 1 0 R >>\nstartxref\n' + table + '\n%%EOF\n');
    return new File(parts, 'capture.pdf', { type: 'application/pdf' });
  }
})();
