"""What lm-evaluation-harness 0.4.13 and inspect_ai 0.3.285 read in our exports, with their own readers.

Usage: check_exports.py [FOLDER]
FOLDER is tests/golden/reports/export; read_by_peers.json in it is written anew. Run it whenever
reports_exports_test writes these files anew: the test compares their digests with those read here.
"""

import hashlib
import json
import math
import pathlib
import sys

from inspect_ai.log import list_eval_logs, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.scorer import SampleScore, mean
from lm_eval.utils import (
    get_file_datetime,
    get_file_task_name,
    get_latest_filename,
    get_results_filenames,
    get_sample_results_filenames,
    hash_string,
    make_table,
)

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "reports/export")


def digests():
    out = {}
    for name in ("inspect", "lm-eval"):
        for path in sorted((FOLDER / name).rglob("*")):
            if path.is_file():
                out[str(path.relative_to(FOLDER))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return out


def read_inspect():
    samples, means = {}, {}
    logs = list_eval_logs(str(FOLDER / "inspect"))
    assert len(logs) == len(list((FOLDER / "inspect").iterdir())), "Inspect lists every log"
    for info in sorted(logs, key=lambda i: i.name):
        header = read_eval_log(info, header_only=True)
        assert header.status == "success" and header.eval.task_id == info.task_id, info
        log = read_eval_log(info)
        seeds = log.eval.metadata["seeds_by_epoch"]
        assert log.eval.config.epochs == len(seeds)
        assert len(list(read_eval_log_sample_summaries(info))) == len(log.samples)
        by_judge = {}
        found = samples.setdefault(log.eval.model, {}).setdefault(log.eval.task, {})
        for sample in log.samples:
            scores = {}
            for judge, score in sample.scores.items():
                unscored = math.isnan(score.as_float())
                scores[judge] = {"value": None if unscored else score.as_float()}
                if unscored:
                    scores[judge]["reason"] = score.reason
                    scores[judge]["kind"] = score.metadata["verdict"]["kind"]
                else:
                    by_judge.setdefault(judge, []).append(SampleScore(score=score, sample_id=sample.id))
            found[f"{sample.id} seed {seeds[sample.epoch - 1]}"] = {
                "answer": sample.output.completion,
                "target": sample.target,
                "scores": scores,
            }
        for score in log.results.scores:
            assert score.scored_samples == len(by_judge.get(score.name, []))
            if score.name in by_judge:
                means.setdefault(log.eval.model, {}).setdefault(log.eval.task, {})[score.name] = {
                    "theirs": mean()(by_judge[score.name]),
                    "ours": score.metrics["mean"].value,
                }
            else:
                assert not score.metrics, "no score, no mean"
    return samples, means


def read_lm_eval():
    samples, tables = {}, {}
    for model in sorted((FOLDER / "lm-eval").iterdir()):
        names = [str(p) for p in model.iterdir()]
        results = json.loads(pathlib.Path(get_latest_filename(get_results_filenames(names))).read_text("utf-8"))
        name = results["model_name"]
        tables[name] = make_table(results)
        for file in sorted(get_sample_results_filenames(names)):
            base = pathlib.Path(file).name
            task = get_file_task_name(base)
            assert task in results["results"], task
            assert get_file_datetime(base) == "2026-01-02T03-04-05"
            hashes = ""
            found = samples.setdefault(name, {}).setdefault(task, {})
            rows = [json.loads(line) for line in open(file, encoding="utf-8")]
            assert len(rows) == results["n-samples"][task]["effective"]
            for row in rows:
                doc = hash_string(json.dumps(row["doc"], indent=2, ensure_ascii=False))
                assert doc == row["doc_hash"], "hashed as lm-eval hashes"
                assert hash_string(row["arguments"]["gen_args_0"]["arg_0"]) == row["prompt_hash"]
                assert hash_string(row["target"]) == row["target_hash"]
                hashes += doc + row["prompt_hash"] + row["target_hash"]
                found[row["doc"]["id"]] = {
                    "answer": row["resps"][0][0],
                    "metrics": {metric: row[metric] for metric in row["metrics"]},
                }
            assert hash_string(hashes) == results["task_hashes"][task]
    return samples, tables


def main():
    inspect, means = read_inspect()
    lm_eval, tables = read_lm_eval()
    out = {
        "sha256": digests(),
        "inspect": inspect,
        "inspect means": means,
        "lm-eval": lm_eval,
        "lm-eval table": tables,
    }
    text = json.dumps(out, indent=1, ensure_ascii=False, allow_nan=False)
    (FOLDER / "read_by_peers.json").write_text(text + "\n", "utf-8")


main()
