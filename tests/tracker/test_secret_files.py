from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tracker.secret_files import read_or_create


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: read_or_create(path, length=50), range(64)))

    assert len(secrets) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]
