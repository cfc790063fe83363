"""Names the public symbols of symbol graphs that have no documentation, and fails if there are any.

usage: undocumented.py GRAPH.symbols.json ...
"""

import json
import sys


def undocumented(graph):
    for symbol in graph["symbols"]:
        # What the compiler writes has no place in a file.
        if symbol["accessLevel"] not in ("public", "open") or "location" not in symbol:
            continue
        lines = symbol.get("docComment", {}).get("lines", [])
        if not any(line["text"].strip() for line in lines):
            place = symbol["location"]["uri"].removeprefix("file://")
            line = symbol["location"]["position"]["line"] + 1
            yield f"{place}:{line}: {'.'.join(symbol['pathComponents'])}"


count = 0
missing = []
for path in sys.argv[1:]:
    with open(path) as file:
        graph = json.load(file)
    count += len(graph["symbols"])
    missing += undocumented(graph)
if missing:
    sys.exit("public symbols without documentation:\n" + "\n".join(sorted(missing)))
if count == 0:
    sys.exit("the symbol graphs are empty")
print(f"{count} public symbols are documented")
