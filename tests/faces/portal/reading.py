"""A page of the portal, read as a person would."""

from bs4 import BeautifulSoup


class Page:
    """An answer, as its reader meets it."""

    def __init__(self, response, statements):
        self.response = response
        self.status = response.status_code
        self.statements = statements
        html = response.content if response["Content-Type"].startswith("text/html") else b""
        self.soup = BeautifulSoup(html, "html.parser")

    @property
    def main(self):
        return " ".join(self.soup.find("main").get_text(" ", strip=True).split())

    @property
    def title(self):
        return self.soup.h1.get_text(" ", strip=True)

    def link(self, words):
        """Where the first link with these words leads."""
        return next(a["href"] for a in self.soup.find_all("a", href=True) if words in a.get_text())

    def fact(self, key):
        """The value beside a key of a list of facts."""
        for term in self.soup.find_all("dt"):
            if term.get_text(strip=True) == key:
                return term.find_next("dd").get_text(" ", strip=True)
        raise AssertionError(f"{key} is not on the page: {self.main}")

    def queries(self):
        return [one for one in self.statements if not one.startswith(("SAVEPOINT", "RELEASE"))]
