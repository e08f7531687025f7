"""What the web side listens on: TLS, a unix socket, a path below a real nginx, and restarts under load."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from jobd_fixture import STRETCH, free_port, wait_for
from test_web import JOBS, Api

USER = "anna admin $5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return response, data


def certificate(folder, name="localhost"):
    """A certificate that signs itself, and its key, for root alone."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    (folder / "key.pem").chmod(0o600)
    return folder / "cert.pem"


def pss_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


# TLS.


class Tls:
    """One jobd with an address with TLS, and what asks there."""

    def __init__(self, jobd, port, more=""):
        self.port = port
        self.daemon = jobd(f"""http {{ listen = {{"tcp+tls://127.0.0.1:{port}"}}
          tls_certificate = "@DIR@/cert.pem"  tls_key = "@DIR@/key.pem" {more} }}
          job hello {{ command = "echo hello" }}""", start=False)
        certificate(self.daemon.dir, "one")

    def context(self):
        return ssl.create_default_context(cafile=str(self.daemon.dir / "cert.pem"))

    def ask(self, method, path, body=None, headers=None, context=None):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=20, context=context or self.context())
        return ask(connection, method, path, body, headers)

    def name(self):
        """Who the server says it is."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            with self.context().wrap_socket(plain, server_hostname="localhost") as secret:
                return dict(pair[0] for pair in secret.getpeercert()["subject"])["commonName"]


@pytest.fixture
def tls(jobd, free_port):
    tls = Tls(jobd, free_port)
    tls.daemon.start()
    tls.daemon.wait_state("http", "RUNNING")
    return tls


def test_tls(tls):
    response, data = tls.ask("POST", "/api/v1/jobs", json.dumps({"type": "hello"}))
    jid = json.loads(data)["id"]
    assert response.status == 202
    wait_for(lambda: json.loads(tls.ask("GET", f"/api/v1/jobs/{jid}")[1])["state"] == "done", "the job")
    # A body of many packets, and an answer of many.
    many = json.dumps([{"type": "w", "args": ["x" * 1000]} for _ in range(500)])
    response, data = tls.ask("POST", "/api/v1/jobs", many)
    assert response.status == 202 and json.loads(data)["refused"] == 0
    assert len(json.loads(tls.ask("GET", "/api/v1/jobs?type=w&limit=500")[1])["jobs"]) == 500
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        context = tls.context()
        context.minimum_version = context.maximum_version = version
        assert tls.ask("GET", "/health/live", context=context)[0].status == 200
    print("PSS with TLS:", pss_kb(tls.daemon.status("http")["pid"]), "kB")


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_tls_is_refused(tls, version):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{tls.port}", version, "-cipher", "ALL:@SECLEVEL=0"],
                          input=b"", capture_output=True, timeout=20)
    assert done.returncode != 0


def test_plain_words_at_a_tls_address(tls):
    with socket.create_connection(("127.0.0.1", tls.port), timeout=20) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # It may be gone by now.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            answer = connection.recv(4096)
        assert b"HTTP/1.1 200" not in answer
    assert tls.ask("GET", "/health/live")[0].status == 200


def test_a_renewed_certificate_is_taken(tls):
    assert tls.name() == "one"
    certificate(tls.daemon.dir, "two")
    tls.daemon.ctl("reload")
    # While the old process answers, its certificate is not known any more.
    def is_new():
        try:
            return tls.name() == "two"
        except ssl.SSLError:
            return False
    wait_for(is_new, "the new certificate")


def test_a_session_over_tls_stays_there(jobd, free_port):
    tls = Tls(jobd, free_port, f'users = {{ "{USER}" }}')
    hashed = subprocess.run(["openssl", "passwd", "-5", "-salt", "salt", "secret word"], capture_output=True, text=True, check=True).stdout.strip()
    tls.daemon.write_config(tls.daemon.config_path.read_text().split("\n", 3)[3].replace(USER.split()[2], hashed))
    tls.daemon.start()
    tls.daemon.wait_state("http", "RUNNING")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    response, _ = tls.ask("POST", "/login", "name=anna&password=secret+word", form)
    assert response.status == 303 and "; Secure" in response.getheader("Set-Cookie")


def test_a_key_of_something_else_is_said(jobd, free_port):
    tls = Tls(jobd, free_port)
    other = tls.daemon.dir / "other"
    other.mkdir()
    certificate(other)
    shutil.copy(other / "key.pem", tls.daemon.dir / "key.pem")
    tls.daemon.start()
    wait_for(lambda: b"do the certificate and the key belong together?" in tls.daemon.log("http"), "the reason")


# A unix socket, and nginx in front of it.


@pytest.fixture
def unix(jobd):
    daemon = jobd('http { listen = "unix:@DIR@/web.sock"  listen_mode = 0666 }\nwebhook sale { path = "/hooks/sale"  secret = "s"  header = "X-Sign"  job = w }')
    daemon.wait_state("http", "RUNNING")
    return daemon


def test_a_unix_socket(unix):
    path = unix.dir / "web.sock"
    response, data = ask(UnixConnection(path), "POST", "/api/v1/jobs", json.dumps({"type": "w"}))
    assert response.status == 202
    # Whatever it is called: who reaches the socket may.
    assert ask(UnixConnection(path), "GET", "/api/v1/jobs", headers={"Host": "jobs.example.org"})[0].status == 200
    unix.ctl("restart", "http")
    assert ask(UnixConnection(path), "GET", "/health/live")[0].status == 200


NGINX = """
user nobody nogroup;
daemon off;
pid @DIR@/nginx.pid;
error_log @DIR@/nginx.err;
events {}
http {
  access_log off;
  client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy; fastcgi_temp_path @DIR@/f; uwsgi_temp_path @DIR@/u; scgi_temp_path @DIR@/s;
  server {
    listen 127.0.0.1:@PORT@;
    location /ops/jobs/ {
      proxy_pass http://unix:@DIR@/web.sock:/;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Prefix /ops/jobs;
    }
  }
}
"""


@pytest.fixture
def nginx(unix, free_port):
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    assert binary is not None, "nginx is not installed (contrib/packages.sh tests)"
    # As where a distribution's nginx runs: it is somebody else.
    unix.dir.chmod(0o711)
    config = unix.dir / "nginx.conf"
    config.write_text(NGINX.replace("@DIR@", str(unix.dir)).replace("@PORT@", str(free_port)))
    process = subprocess.Popen([binary, "-p", str(unix.dir), "-c", str(config)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(free_port), "nginx")
        yield http.client.HTTPConnection("127.0.0.1", free_port, timeout=20)
    finally:
        process.terminate()
        process.wait(20)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.root
def test_below_a_path_behind_nginx(unix, nginx):
    response, data = ask(nginx, "POST", "/ops/jobs/api/v1/jobs", json.dumps({"type": "w"}))
    location = response.getheader("Location")
    assert response.status == 202 and location.startswith("/ops/jobs/api/v1/jobs/")
    assert ask(nginx, "GET", location)[0].status == 200
    # Each link and each file of the page is below the path too.
    response, data = ask(nginx, "GET", "/ops/jobs/", headers={"Accept": "text/html"})
    page = data.decode()
    links = [part.split('"', 1)[0] for mark in ('href="', 'src="', 'action="') for part in page.split(mark)[1:]]
    assert len(links) > 5 and all(link.startswith(("/ops/jobs", "#")) for link in links), links
    for link in {link for link in links if "/static/" in link}:
        assert ask(nginx, "GET", link)[0].status == 200, link
    body = b'{"sale":1}'
    sign = subprocess.run(["openssl", "dgst", "-sha256", "-hmac", "s", "-r"], input=body, capture_output=True, check=True).stdout.split()[0]
    response, data = ask(nginx, "POST", "/ops/jobs/hooks/sale", body, {"X-Sign": sign.decode(), "Content-Type": "application/json"})
    assert response.status == 202, data
    # Events come at once, although nginx likes to collect.
    nginx.request("GET", "/ops/jobs/api/v1/events")
    stream = nginx.getresponse()
    first = stream.readline()
    assert first, "nothing came"
    nginx.close()


@pytest.mark.root
def test_a_form_behind_nginx(unix, nginx):
    """As a browser sends it: where the page says, and from there on to where the answer says."""
    page = ask(nginx, "GET", "/ops/jobs/jobs/new", headers={"Accept": "text/html"})[1].decode()
    action = next(part.split('"', 1)[0] for part in page.split('method="post" action="')[1:] if "/jobs/new" in part.split('"', 1)[0])
    origin = f"http://{nginx.host}:{nginx.port}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Origin": origin}
    form = "type=w&args=%5B17%5D&queue=&at=&priority=&tags="
    response, _ = ask(nginx, "POST", action, form, {**headers, "Origin": "http://elsewhere.example"})
    assert response.status == 403
    response, _ = ask(nginx, "POST", action, form, headers)
    location = response.getheader("Location").removeprefix(origin)
    assert response.status == 303 and location.startswith("/ops/jobs/jobs/")
    assert ask(nginx, "GET", location, headers={"Accept": "text/html"})[0].status == 200
    (job,) = json.loads(ask(nginx, "GET", "/ops/jobs/api/v1/jobs")[1])["jobs"]
    assert job["args"] == [17] and location.endswith(job["id"])


# Restarts.


@pytest.mark.parametrize("how", ["restart", "reload", "kill"])
def test_nobody_notices_a_restart(jobd, free_port, how):
    """Eight clients ask all the time; the sockets are jobd's, so who comes in between waits."""
    config = f'http {{ listen = "127.0.0.1:{free_port}"  body_max = 1M }}\njob hello {{ command = "true" }}\n'
    api = Api(jobd(config), free_port)
    problems, count, done = [], [0] * 8, threading.Event()

    def client(number):
        while not done.is_set():
            try:
                with socket.create_connection(("127.0.0.1", free_port), timeout=20) as connection:
                    connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    back = connection.makefile("rb").read()
                if not back.startswith(b"HTTP/1.1 200 "):
                    problems.append(back[:100])
            except OSError as error:
                problems.append(error)
            count[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(3):
        before, asked = api.daemon.status("http")["pid"], sum(count)
        if how == "restart":
            api.daemon.ctl("restart", "http")
        elif how == "kill":
            os.kill(before, 9)
        else:
            # What makes another process of it.
            api.daemon.write_config(config.replace("body_max", f"connections_max = {1000 + turn}  body_max"))
            api.daemon.ctl("reload")
        wait_for(lambda: api.daemon.status("http")["pid"] not in (before, None), "another process")
        api.daemon.wait_state("http", "RUNNING")
        wait_for(lambda: sum(count) > asked + 100, "clients to go on")
    done.set()
    for thread in threads:
        thread.join(30 * STRETCH)
    # One that is killed loses those that it was just answering; nobody else.
    assert len(problems) <= (8 * 3 if how == "kill" else 0), problems[:5]


def test_a_web_side_that_a_reload_adds_may_ask(jobd, free_port):
    daemon = jobd(JOBS)
    daemon.write_config(f'http {{ listen = "127.0.0.1:{free_port}" }}\n{JOBS}')
    daemon.ctl("reload")
    api = Api(daemon, free_port)
    wait_for(lambda: api("GET", "/api/v1/jobs")[0] == 200, "jobs")
