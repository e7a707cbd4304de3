"""The OpenAPI document of a running instance, which holds the routes of ingest and of query, held against what it
answers: schemathesis makes requests out of it, right ones and wrong ones."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .instance import EXAMPLES, Instance, said

pytestmark = [pytest.mark.all, pytest.mark.timeout(400)]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
"""No 5xx, and no answer that the document does not tell of."""
SEED = "8"


def test_no_request_gets_a_5xx_or_an_answer_that_is_not_described(instance: Instance, tmp_path: Path) -> None:
    film = shutil.copy(EXAMPLES / "uneven-clock.mp4", tmp_path)
    (added,) = said(instance.run("add", str(film), "--wait", "--json"))
    scenes = instance.get(f"/v1/videos/{added['video_id']}/scenes")["scenes"]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "fuzz_hooks",
        "PYTHONPATH": str(Path(__file__).parent),
        "FUZZ_VIDEO_ID": added["video_id"],
        "FUZZ_SCENE_ID": scenes[0]["id"],
    }
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--checks", ",".join(CHECKS), "--phases", "fuzzing", "--max-examples", "5", "--seed", SEED]
    result = subprocess.run(
        [
            str(program),
            "run",
            f"{instance.url}/openapi.json",
            *options,
            "--request-timeout",
            "60",
            "--max-time",
            "45",
            "--no-color",
        ],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-20_000:]
    assert " 0 passed" not in result.stdout
