"""A page as its reader has it: its words, its links, and its forms as a browser would send them."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.links, self.forms, self.tag = [], [], [], ""
        self.form = self.select = self.area = None

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        elif tag == "form":
            self.form = (has.get("action", ""), has.get("method", "get"), {})
            self.forms.append(self.form)
        elif self.form is not None and has.get("name") is not None:
            kind = has.get("type", "text")
            if tag == "select":
                self.select = has["name"]
            elif tag == "textarea":
                self.area = has["name"]
                self._put(self.area, "")
            elif tag == "input" and (kind not in ("radio", "checkbox") or "checked" in has):
                self._put(has["name"], has.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "option" and self.select and "selected" in has:
            self._put(self.select, has.get("value", ""))
        self.tag = tag

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data):
        if self.area:
            told = self.form[2][self.area][0] + data
            self.form[2][self.area] = [told.removeprefix("\n")]
        if self.tag not in ("style", "script"):
            self.words.append(data)

    def _put(self, name, value):
        self.form[2].setdefault(name, []).append(value)


def read(answer):
    reader = _Reader()
    reader.feed(answer.content.decode())
    return reader


def words(answer):
    """Everything the page says, in one line."""
    return " ".join(" ".join(read(answer).words).split())


def form(answer, action):
    """What the form with this address would send; values as lists."""
    return dict(next(sent for where, _method, sent in read(answer).forms if where == action))


def press(browser, path, *, action="", **changes):
    """Open a page, fill in its form and send it. A value may be a list; None leaves a name out."""
    sent = form(browser.get(path), action or path.partition("?")[0])
    sent |= {name: value if isinstance(value, list) else [value] for name, value in changes.items()}
    sent = {name: value for name, value in sent.items() if value != [None]}
    return browser.post(action or path.partition("?")[0], sent)
