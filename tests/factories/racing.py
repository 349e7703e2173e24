"""Several people pressing their buttons in the same moment."""

import threading

from django.db import connection


def race(*acts):
    """Run each act in a thread and on a connection of its own, released together.

    Returns, in the order of the acts, what each returned or the exception it raised.
    """
    gate = threading.Barrier(len(acts), timeout=30)
    ends = [None] * len(acts)

    def run(place, act):
        try:
            gate.wait()
            ends[place] = act()
        except Exception as error:
            ends[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends
