"""python3 Scale/test_certify_dask.py, with NDC=.build/release/ndc; skips without Dask or without the program."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
NDC = os.environ.get("NDC", str(HERE.parent / ".build/release/ndc"))

try:
    import distributed
except ImportError:
    distributed = None

OPTIONS = "--count 6 --timesteps 3 --stop fixed --samples 12 --selection-samples 3 --alpha 0.3 --threads 1".split()


def timeless(run: Path) -> list[str]:
    records = re.sub(r'"seconds":[^,}]+', "", (run / "records.jsonl").read_text())
    table = [line.rsplit("\t", 1)[0] for line in (run / "certified.tsv").read_text().splitlines()]
    return records.splitlines() + table


@unittest.skipIf(distributed is None, "Dask is not installed")
@unittest.skipUnless(os.access(NDC, os.X_OK), "ndc is not built")
class CertifyDask(unittest.TestCase):
    def test_a_worker_killed_in_mid_run_changes_nothing(self) -> None:
        from certify_dask import Certification

        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            single = [NDC, "certify", *OPTIONS, "--out", str(folder / "single")]
            subprocess.run(single, check=True, capture_output=True)
            with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
                with distributed.Client(cluster) as client:
                    client.upload_file(str(HERE / "certify_dask.py"))
                    victim = next(iter(client.run(os.getpid).values()))
                    work = Certification(OPTIONS, shards=6, out=str(folder / "whole"), ndc=NDC, merge_every=0)

                    def kill() -> None:
                        while len(list(work.parts.glob("[0-9]*"))) < 1:
                            time.sleep(0.05)
                        os.kill(victim, signal.SIGKILL)

                    killer = threading.Thread(target=kill)
                    killer.start()
                    work.run(client)
                    killer.join()
                    self.assertEqual(timeless(folder / "whole"), timeless(folder / "single"))
                    parts = json.loads((folder / "whole/run.json").read_text())["merged"]["parts"]
                    self.assertEqual(len(parts), 6)

    def test_two_certifications_on_one_scheduler_do_not_mix(self) -> None:
        from certify_dask import Certification

        options = {seed: [*OPTIONS, "--count", "3", "--seed", seed] for seed in ("1", "2")}
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:

                def certify(seed: str) -> None:
                    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                        client.upload_file(str(HERE / "certify_dask.py"))
                        Certification(options[seed], shards=3, out=str(folder / seed), ndc=NDC).run(client)

                threads = [threading.Thread(target=certify, args=(seed,)) for seed in options]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            for seed in options:
                run = json.loads((folder / seed / "run.json").read_text())
                self.assertEqual(str(run["smoothing"]["seed"]), seed)
                self.assertEqual(len(run["merged"]["parts"]), 3)

    def test_bytes_that_changed_on_the_way_are_refused(self) -> None:
        from certify_dask import Certification, certify_shard

        with tempfile.TemporaryDirectory() as place:
            work = Certification(OPTIONS, shards=6, out=f"{place}/whole", ndc=NDC)
            work.parts.mkdir()
            shard = certify_shard(NDC, OPTIONS, 0, 6)
            changed = type(shard)(0, shard.archive[:-1] + b"x", shard.digest, shard.host)
            with self.assertRaises(ValueError):
                work.keep(changed)
            self.assertFalse(work.is_there(0))
            work.keep(shard)
            self.assertTrue(work.is_there(0))


if __name__ == "__main__":
    unittest.main()
