"""Pages read by meaning: words, links, and the one form of a step as a browser would send it."""

from bs4 import BeautifulSoup


def read(response):
    """The page as a tree."""
    return BeautifulSoup(response.content, "html.parser")


def words(tree):
    """Its words, every gap one space."""
    return " ".join(tree.get_text(" ").split())


def facts(tree):
    """Every key and value of the page's lists of facts."""
    return {words(row.dt): words(row.dd) for row in tree.select("dl > div") if row.dt and row.dd}


def step(tree):
    """The open step: (address, what its form would send with nothing typed)."""
    form = tree.select_one("form[action*='/do/']")
    if form is None:
        return "", {}
    sent = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field["name"] == "csrfmiddlewaretoken" or field.get("type") in ("radio", "checkbox"):
            continue
        if field.name == "textarea":
            sent[field["name"]] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            sent[field["name"]] = field.select_one("option")["value"]
        else:
            sent[field["name"]] = field.get("value", "")
    return form["action"], sent


def links(tree):
    """Link words → address."""
    return {words(link): link["href"] for link in tree.select("a[href]")}
