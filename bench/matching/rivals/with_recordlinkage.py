"""`python -m bench.matching.rivals.with_recordlinkage CORPUS PAIRS`: recordlinkage's unsupervised ECM classifier.

PAIRS gets `{"a","b","p"}` lines of all pairs with probability at least 0.5.
"""

from __future__ import annotations

import sys
import warnings
from functools import reduce
from pathlib import Path

import orjson
import pandas as pd
import recordlinkage

from bench.matching.rivals.flat import COLUMNS, records

_LEAST = 0.5
_BLOCKS = (("id_number",), ("phone",), ("name", "county"), ("name", "birth"))


def main() -> None:
    """Compare, fit, write."""
    warnings.simplefilter("ignore")
    corpus, pairs = (Path(given) for given in sys.argv[1:3])
    table = pd.DataFrame(records(corpus), columns=list(COLUMNS)).set_index("unique_id")
    blocks = [
        recordlinkage.Index().block(list(columns)).index(table.dropna(subset=list(columns))) for columns in _BLOCKS
    ]
    candidates = reduce(lambda all_, block: all_.union(block), blocks)
    compare = recordlinkage.Compare()
    for column in ("id_number", "birth", "phone", "region", "family", "kind", "item", "purpose"):
        compare.exact(column, column, label=column)
    compare.string("name", "name", method="jarowinkler", threshold=0.8, label="name")
    compare.string("opponent", "opponent", method="jarowinkler", threshold=0.85, label="opponent")
    compare.string("words", "words", method="jaro", threshold=0.65, label="words")
    features = compare.compute(candidates, table)
    classifier = recordlinkage.ECMClassifier()
    classifier.fit(features)
    likely = classifier.prob(features)
    with pairs.open("wb") as file:
        for (a, b), p in likely[likely >= _LEAST].items():
            file.write(orjson.dumps({"a": a, "b": b, "p": float(p)}) + b"\n")


if __name__ == "__main__":
    main()
