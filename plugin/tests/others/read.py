"""What Python understands of bodies, one a line in hexadecimal on standard input, one answer a line.

`j` and a body: its JSON, or `!` if that can't be read, or `case` if an object has two names that Go's encoding/json would
match with one field. `f` and a body: the pairs of a form.
"""

import json
import struct
import sys
from urllib.parse import parse_qsl


def fold(name):
    """Go's encoding/json matches names by Unicode's simple folding; the full one where that is one character, too."""
    return "".join(c.casefold() if len(c.casefold()) == 1 else c.lower() if len(c.lower()) == 1 else c for c in name)


class Collision(Exception):
    pass


def pairs(members):
    names = [name for name, _ in members]
    if len(set(names)) != len(names) or len({fold(name) for name in names}) != len(names):
        raise Collision
    return dict(members)


def text(value):
    return value.encode("utf-8").hex()


def render(value):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return '"' + text(value)
    if isinstance(value, (int, float)):
        return "#" + struct.pack(">d", float(value) + 0.0).hex()
    if isinstance(value, list):
        return "[" + ",".join(map(render, value)) + "]"
    return "{" + ",".join(sorted(text(name) + ":" + render(member) for name, member in value.items())) + "}"


def answer(kind, body):
    try:
        if kind == "f":
            read = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100000)
            return "&".join(text(name) + "=" + text(value) for name, value in read)
        return render(json.loads(body, object_pairs_hook=pairs))
    except Collision:
        return "case"
    except (ValueError, RecursionError):
        return "!"


for line in sys.stdin:
    print(answer(line[0], bytes.fromhex(line[1:])))
