# SPDX-License-Identifier: Apache-2.0
"""Every scenario in every language sees what its page says, and each opens what the others made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from languages import HERE, LANGUAGES, PATIENCE, Language
from pages import PAGES, Page, furnish

BY_NUMBER = {page.number: page for page in PAGES}
EXCHANGE = "010"
ALONE = [page for page in PAGES if page.number != EXCHANGE]


def named(thing: Page | Language) -> str:
    return f"{thing.number}-{thing.name}" if isinstance(thing, Page) else thing.name


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For programs that have to be built first."""
    return tmp_path_factory.mktemp("built")


def expect(language: Language, page: Page, seen: dict[int, str]) -> None:
    """All steps but those that a language leaves out, and no others."""
    left_out = language.left_out.get(page.number, {})
    wanted = {step: what for step, what in page.steps.items() if step not in left_out}
    assert seen == wanted


@pytest.mark.parametrize("language", LANGUAGES, ids=named)
@pytest.mark.parametrize("page", ALONE, ids=named)
def test_a_scenario(page: Page, language: Language, built: Path, tmp_path: Path) -> None:
    folder = furnish(tmp_path / "folder")
    expect(language, page, language.run(built, page.number, folder))


@pytest.fixture(scope="session")
def written(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of each language with the tickets of its 001 and the store of its 003."""
    folders = {}
    for language in LANGUAGES:
        folder = furnish(tmp_path_factory.mktemp("written") / language.name)
        for number in ("001", "003"):
            expect(language, BY_NUMBER[number], language.run(built, number, folder))
        folders[language.name] = folder
    return folders


@pytest.mark.parametrize("reader", LANGUAGES, ids=named)
@pytest.mark.parametrize("writer", LANGUAGES, ids=named)
def test_what_one_writes_opens_in_the_other(
    writer: Language, reader: Language, built: Path, written: dict[str, Path]
) -> None:
    seen = reader.run(built, EXCHANGE, written[writer.name])
    expect(reader, BY_NUMBER[EXCHANGE], seen)


def test_the_vectors_are_what_they_are_said_to_be() -> None:
    command = [sys.executable, str(HERE / "vectors.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout == (HERE / "vectors.txt").read_text()


def test_the_pages_are_numbered_and_complete() -> None:
    assert [page.number for page in PAGES] == [f"{n:03}" for n in range(1, len(PAGES) + 1)]
    assert all(page.steps for page in PAGES)
    for language in LANGUAGES:
        for number, steps in language.left_out.items():
            assert set(steps) <= set(BY_NUMBER[number].steps)
