"""Parquet files as pandas and DuckDB write them, and the texts that stand in them, for parquet_files_test.cc.

Usage: make_parquet.py        (pyarrow 26.0.1, pandas, duckdb)
Writes into tests/golden/parquet: typed.parquet (pandas through Arrow: categories, small and large integers, single and double
precision, nulls, structures, lists, bytes, times; two row groups, zstd), duckdb.parquet (the same scores, another writer) and
texts.json (by file: per row, the texts that must be read). Reads ours.parquet, when the test wrote it there with
UNDERTONE_REGENERATE=1, with pandas and DuckDB, and writes what they found to ours.read.json with the file's digest.
"""

import datetime
import hashlib
import json
import pathlib

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(__file__).parent / "parquet"
ROWS = 7


def typed():
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)
    frame = pd.DataFrame({
        "system": pd.Categorical(["a", "b"] * 3 + [None]),
        "item": [f"q{i}, \"x\"\nü" for i in range(ROWS)],
        "score": [0.1, 4, None, 1e-7, 3.5, 1 / 3, 2],
        "seed": pd.array([1, 2, 3, 1, 2, 3, 127], dtype="int8"),
        "tokens": pd.array([2**60, 0, -5, 7, 8, 9, 10], dtype="int64"),
        "weight": pd.array([0.1, 0.25, 1, 2, 3, 4, 5], dtype="float32"),
        "good": [True, False] * 3 + [True],
        "when": [day + datetime.timedelta(days=i) for i in range(ROWS)],
        "meta": [{"clip": f"c{i // 2}", "inner": {"speaker": None if i == 3 else "s1"}} for i in range(ROWS)],
        "tags": [["x"]] * ROWS,
        "raw": [b"\xff"] * ROWS,
        "empty": [None] * ROWS,
    })
    return pa.Table.from_pandas(frame, preserve_index=False), frame


def text(value):
    if value is None or value is pd.NA or (not isinstance(value, (dict, list, str, bytes)) and pd.isna(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def texts_of(frame):
    rows = []
    for i in range(len(frame)):
        r = frame.iloc[i]
        score = r["score"]
        row = {"system": text(r["system"]), "item": r["item"],
               "score": None if pd.isna(score) else float(score).hex(), "seed": str(int(r["seed"]))}
        if "tokens" in frame:
            row |= {"tokens": str(int(r["tokens"])), "weight": float(r["weight"]).hex(), "good": text(bool(r["good"])),
                    "when": r["when"].strftime("%Y-%m-%d %H:%M:%S.%f"), "meta.clip": r["meta"]["clip"], "meta.inner.speaker": r["meta"]["inner"]["speaker"]}
        rows.append({k: v for k, v in row.items() if v is not None})
    return rows


def read_ours(path):
    frame = pd.read_parquet(path)
    found = duckdb.sql(f"select * from read_parquet('{path}')")
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "pandas": {"types": {c: str(t) for c, t in frame.dtypes.items()}},
            "duckdb": {"types": dict(zip(found.columns, map(str, found.types))), "rows": [list(r) for r in found.fetchall()]}}


def main():
    FOLDER.mkdir(exist_ok=True)
    table, frame = typed()
    pq.write_table(table, FOLDER / "typed.parquet", compression="zstd", row_group_size=4)
    scores = frame[["system", "item", "score", "seed"]].copy()
    scores["system"] = scores["system"].astype(object)
    duckdb.sql(f"copy (select * from scores) to '{FOLDER / 'duckdb.parquet'}' (format parquet)")
    texts = {"typed.parquet": texts_of(frame), "duckdb.parquet": texts_of(scores)}
    (FOLDER / "texts.json").write_text(json.dumps(texts, indent=1) + "\n")
    ours = FOLDER / "ours.parquet"
    if ours.exists():
        (FOLDER / "ours.read.json").write_text(json.dumps(read_ours(ours), indent=1) + "\n")


main()
