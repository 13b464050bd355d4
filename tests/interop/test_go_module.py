# SPDX-License-Identifier: Apache-2.0
"""The Go module: its own tests, what is generated in it, and programs that stand on it."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import PATIENCE, Identity, s_client, stop
from golang import BUILD, MODULE, ROOT, environment, find_go, run_go

PROGRAMS = ["examples/go/https", "examples/go/fasthttp"]


def need(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_module_passes_its_own_tests() -> None:
    """With the race detector, and with cgo looking at every pointer."""
    env = environment() | {"GODEBUG": "cgocheck=1"}
    said = need(run_go("test", "-race", "-count=1", "./...", env=env))
    assert "ok" in said


def test_go_vet_has_nothing_to_say() -> None:
    """Of the generated package it has: SWIG's own runtime."""
    packages = need(run_go("list", "./...")).split()
    ours = [package for package in packages if not package.endswith("/internal/raw")]
    assert len(ours) == len(packages) - 1
    need(run_go("vet", *ours))


def test_the_sources_are_formatted() -> None:
    gofmt = Path(need(run_go("env", "GOROOT")).strip()) / "bin" / "gofmt"
    for folder in (MODULE, ROOT / "examples" / "go"):
        command = [str(gofmt), "-l", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert need(done) == ""


def test_the_generated_package_is_up_to_date(tmp_path: Path) -> None:
    places = [Path(sys.executable).parent, Path(need(run_go("env", "GOROOT")).strip()) / "bin"]
    path = ":".join([*map(str, places), os.environ["PATH"]])
    command = [str(MODULE / "generate.sh"), str(tmp_path)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PATH": path},
    )
    need(done)
    for name in ("raw.go", "raw_wrap.c"):
        committed = (MODULE / "internal" / "raw" / name).read_text()
        assert committed == (tmp_path / name).read_text(), "run bindings/go/generate.sh"


def test_without_cgo_it_says_what_is_missing(tmp_path: Path) -> None:
    program = """
        package main
        import resume "github.com/libresume/libresume/bindings/go"
        func main() {
            if _, err := resume.OpenKeyring("random:"); err != nil { println(err.Error()) }
        }
    """
    folder = outside(tmp_path)
    (folder / "main.go").write_text(program)
    env = environment() | {"CGO_ENABLED": "0"}
    done = run_go("run", ".", cwd=folder, env=env)
    need(done)
    assert "built without cgo" in done.stderr and "CGO_ENABLED=1" in done.stderr


def outside(tmp_path: Path, example: str | None = None) -> Path:
    """A module of its own outside the tree, which finds ours by a replace line."""
    folder = tmp_path / "program"
    if example is not None:
        shutil.copytree(ROOT / example, folder)
        module = (folder / "go.mod").read_text().replace("../../../bindings/go", str(MODULE))
    else:
        folder.mkdir()
        name = "github.com/libresume/libresume/bindings/go"
        module = f"module program\ngo 1.21\nrequire {name} v0.0.0\nreplace {name} => {MODULE}\n"
    (folder / "go.mod").write_text(module)
    return folder


@pytest.fixture(scope="module")
def prefix() -> Path:
    """libresume as `meson install` leaves it; always in one place, for the sake of Go's cache."""
    root = BUILD / "installed-for-go"
    shutil.rmtree(root, ignore_errors=True)
    command = ["meson", "install", "-C", str(BUILD), "--no-rebuild", "--destdir", str(root)]
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    need(subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=env))
    (pkgconfig,) = {path.parent for path in root.rglob("libresume.pc")}
    installed = pkgconfig.parent
    while not (installed / "include" / "resume").is_dir():
        installed = installed.parent
    for path in pkgconfig.glob("*.pc"):
        lines = path.read_text().splitlines()
        lines = [f"prefix={installed}" if line.startswith("prefix=") else line for line in lines]
        path.write_text("\n".join(lines) + "\n")
    return installed


def start_both(command: list[str], running: ExitStack, env: dict[str, str]) -> list[int]:
    """Two servers of one command; their ports."""
    ports = []
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        running.callback(stop, process)
        assert process.stdout is not None
        running.callback(process.stdout.close)
        assert select.select([process.stdout], [], [], PATIENCE)[0], "it does not start"
        ports.append(int(process.stdout.readline()))
    return ports


@pytest.mark.parametrize("example", PROGRAMS)
def test_a_module_outside_the_tree_resumes(
    prefix: Path, identity: Identity, ticket_key: Path, tmp_path: Path, example: str
) -> None:
    """The examples, built by replace line and pkg-config; sessions pass between two processes."""
    folder = outside(tmp_path, example)
    env = environment(prefix)
    need(run_go("build", "-o", "server", ".", cwd=folder, env=env))
    command = [str(folder / "server"), str(identity.certificate), str(identity.key)]
    command.append(f"file:{ticket_key}?dialect=nginx")
    with ExitStack() as running:
        ports = start_both(command, running, env)
        for version in ("1.2", "1.3"):
            session = tmp_path / "session.pem"
            assert not s_client(ports[0], version, keep=session).reused
            again = s_client(ports[1], version, offer=session)
            assert again.reused and "resumed: true" in again.text


def test_grpc_resumes_at_both_ends(
    prefix: Path, identity: Identity, ticket_key: Path, tmp_path: Path
) -> None:
    """gRPC's servers by Attach, its client by a SessionCache: from one process to the other."""
    folder = outside(tmp_path, "examples/go/grpc")
    env = environment(prefix)
    need(run_go("build", "-o", "grpc", ".", cwd=folder, env=env))
    program, certificate = str(folder / "grpc"), str(identity.certificate)
    command = [program, "serve", certificate, str(identity.key)]
    command.append(f"file:{ticket_key}?dialect=nginx")
    with ExitStack() as running:
        ports = start_both(command, running, env)
        call = [program, "call", certificate, "a.example"]
        call += [f"127.0.0.1:{port}" for port in (ports[0], ports[1], ports[0])]
        done = subprocess.run(call, capture_output=True, text=True, timeout=PATIENCE, env=env)
        assert need(done).split() == ["resumed:", "false", *["resumed:", "true"] * 2]


def test_go_is_new_enough() -> None:
    """1.21 is the first that has the hooks."""
    done = subprocess.run([find_go(), "version"], capture_output=True, text=True, timeout=PATIENCE)
    major, minor = need(done).split()[2].removeprefix("go").split(".")[:2]
    assert (int(major), int(minor)) >= (1, 21)
