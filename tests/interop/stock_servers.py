# SPDX-License-Identifier: Apache-2.0
"""Stock servers that each take a ticket-key file: how they are started. Not what is asked of them."""

from __future__ import annotations

import contextlib
import getpass
import subprocess
from collections.abc import Iterator
from pathlib import Path

from conftest import HAPROXY, Identity, find_program, free_port, run_nginx, stop, wait_for_listener

H2O = """
user: {user}
num-threads: 1
error-log: {folder}/error.log
pid-file: {folder}/pid
ssl-session-resumption:
  mode: ticket
  ticket-store: file
  ticket-file: {keys}
listen:
  host: 127.0.0.1
  port: {port}
  ssl:
    certificate-file: {identity.certificate}
    key-file: {identity.key}
hosts:
  default:
    paths:
      /:
        redirect:
          url: https://a.example/
          status: 301
"""

APACHE = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
DefaultRuntimeDir {folder}
ServerName a.example
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
Mutex file:{folder} default
StartServers 1
ServerLimit 1
ThreadsPerChild 4
MinSpareThreads 1
MaxSpareThreads 4
MaxRequestWorkers 4
DocumentRoot {folder}
Listen 127.0.0.1:{port}
SSLSessionCache none
<VirtualHost 127.0.0.1:{port}>
    ServerName a.example
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCertificateFile {identity.certificate}
    SSLCertificateKeyFile {identity.key}
    SSLSessionTicketKeyFile {keys}
</VirtualHost>
"""


def run(command: list[str], port: int, folder: Path) -> Iterator[int]:
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(command, text=True, stdout=output, stderr=output)
        try:
            wait_for_listener(process, port)
            yield port
        finally:
            stop(process)


@contextlib.contextmanager
def nginx(identity: Identity, folder: Path, keys: Path, size: int) -> Iterator[int]:
    settings = f"ssl_session_cache off; ssl_session_ticket_key {keys};"
    with run_nginx(identity, folder / "nginx", settings) as port:
        yield port


@contextlib.contextmanager
def haproxy(identity: Identity, folder: Path, keys: Path, size: int) -> Iterator[int]:
    port = free_port()
    (folder / "both.pem").write_text(identity.certificate.read_text() + identity.key.read_text())
    assert keys == folder / "keys"  # where the configuration looks
    configuration = folder / "haproxy.cfg"
    configuration.write_text(HAPROXY.format(folder=folder, port=port))
    command = [find_program("haproxy"), "-db", "-q", "-f", str(configuration)]
    yield from run(command, port, folder)


@contextlib.contextmanager
def nghttpx(identity: Identity, folder: Path, keys: Path, size: int) -> Iterator[int]:
    """Nothing is behind it, so it answers with an error, which is an answer."""
    port = free_port()
    command = [find_program("nghttpx"), "--conf=/dev/null", "--single-process", "--workers=1"]
    command += [f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{free_port()}"]
    command += [f"--tls-ticket-key-file={keys}", "--tls-min-proto-version=TLSv1.2"]
    command += [f"--tls-ticket-key-cipher=aes-{256 if size == 80 else 128}-cbc"]
    command += [f"--errorlog-file={folder}/error.log", f"--accesslog-file={folder}/access.log"]
    yield from run([*command, str(identity.key), str(identity.certificate)], port, folder)


@contextlib.contextmanager
def h2o(identity: Identity, folder: Path, keys: Path, size: int) -> Iterator[int]:
    port = free_port()
    configuration = folder / "h2o.yaml"
    configuration.write_text(
        H2O.format(folder=folder, port=port, identity=identity, keys=keys, user=getpass.getuser())
    )
    yield from run([find_program("h2o"), "-c", str(configuration)], port, folder)


@contextlib.contextmanager
def apache(identity: Identity, folder: Path, keys: Path, size: int) -> Iterator[int]:
    port = free_port()
    configuration = folder / "apache.conf"
    configuration.write_text(APACHE.format(folder=folder, port=port, identity=identity, keys=keys))
    command = [find_program("apache2"), "-D", "FOREGROUND", "-f", str(configuration)]
    yield from run(command, port, folder)


SERVERS = {"nginx": nginx, "haproxy": haproxy, "nghttpx": nghttpx, "h2o": h2o, "apache": apache}
