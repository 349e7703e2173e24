"""Pages read by meaning: words, links, and forms as a browser would send them."""

from tests.support.reading import read, words

__all__ = ["filled", "read", "summary", "words"]


def summary(tree):
    """The error summary's lines: [(text, where it leads)]."""
    lines = tree.select("[data-error-summary] li")
    return [(words(line), (line.a or {}).get("href", "")) for line in lines]


def filled(form):
    """A form's data as a browser would send it untouched (files and buttons apart)."""
    data = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        kind = field.get("type", "text")
        if kind == "file" or (kind in ("radio", "checkbox") and not field.has_attr("checked")):
            continue
        if field.name == "textarea":
            data[field["name"]] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            data[field["name"]] = chosen["value"]
        else:
            data[field["name"]] = field.get("value", "")
    data.pop("csrfmiddlewaretoken", None)
    return data
