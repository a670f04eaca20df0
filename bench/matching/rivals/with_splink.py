"""`python -m bench.matching.rivals.with_splink CORPUS PAIRS`: Splink, trained on the corpus itself by its EM.

Blocking, comparisons and training follow its own tutorial for persons; blocks that a single value fills are Splink's to
weigh by term frequency. PAIRS gets `{"a","b","p"}` lines of all pairs with probability at least 0.5.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import duckdb
import orjson
import pandas as pd
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from bench.matching.rivals.flat import COLUMNS, records

_LEAST = 0.5


def main() -> None:
    """Train, predict, write."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    corpus, pairs = (Path(given) for given in sys.argv[1:3])
    table = pd.DataFrame(records(corpus), columns=list(COLUMNS))
    api = DuckDBAPI(duckdb.connect())
    linker = Linker(api.register(table), _settings(), log_level=logging.ERROR)
    train = linker.training
    rules = [block_on("id_number", "family"), block_on("phone", "name", "family")]
    train.estimate_probability_two_random_records_match(rules, recall=0.7)
    train.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    train.estimate_parameters_using_expectation_maximisation(block_on("id_number"), record_sample_proportion=1.0)
    train.estimate_parameters_using_expectation_maximisation(block_on("phone"), record_sample_proportion=1.0)
    found = linker.inference.predict(threshold_match_probability=_LEAST).as_pandas_dataframe()
    with pairs.open("wb") as file:
        for a, b, p in zip(found.unique_id_l, found.unique_id_r, found.match_probability, strict=True):
            file.write(orjson.dumps({"a": a, "b": b, "p": float(p)}) + b"\n")


def _settings() -> SettingsCreator:
    number = cl.CustomComparison(
        [
            cll.NullLevel("id_number"),
            cll.ExactMatchLevel("id_number", term_frequency_adjustments=True),
            cll.DamerauLevenshteinLevel("id_number", 1),
            cll.ExactMatchLevel("birth"),
            cll.ElseLevel(),
        ],
        output_column_name="id_number",
    )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            number,
            cl.JaroWinklerAtThresholds("name", [0.9, 0.75]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("region", 2),
            cl.ExactMatch("family").configure(term_frequency_adjustments=True),
            cl.ExactMatch("kind"),
            cl.JaroWinklerAtThresholds("opponent", [0.95, 0.85]),
            cl.JaroWinklerAtThresholds("purpose", [0.95, 0.8]),
            cl.ExactMatch("item"),
            cl.JaccardAtThresholds("words", [0.8, 0.5, 0.3]),
            cl.AbsoluteDateDifferenceAtThresholds(
                "day", input_is_string=True, metrics=["day", "day", "day"], thresholds=[3, 10, 40]
            ),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("id_number"),
            block_on("phone"),
            block_on("name", "county"),
            block_on("name", "birth"),
        ],
        retain_matching_columns=False,
    )


if __name__ == "__main__":
    main()
