"""What Argo CD fetches, by its real addresses: a proxy on loopback that is every host. It holds the git repositories as
bare ones, and stands in for charts with small ones of the same names and versions."""

import gzip
import hashlib
import http.server
import io
import json
import os
import ssl
import subprocess
import tarfile
import threading

GIT = "git"
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

# A chart that shows its values, and breaks over two of them: one that its template refuses, one that the API server does.
TEMPLATE = """\
{{- if .Values.refused }}{{ fail .Values.refused }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-values
  labels: { shown: {{ .Values.shown | default "fine" | quote }} }
data:
  values: {{ .Values | toYaml | quote }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-judge
spec:
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: judge, image: judge.example/judge:1 }] }
"""
BROKEN = "9.9.9"  # a version whose ConfigMap the API server refuses
# KEDA reads how requests are authenticated in a namespace that is not its own.
EXTRA = {
    "keda": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: keda-operator-auth-reader, namespace: kube-system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader }
subjects: [{ kind: ServiceAccount, name: keda-operator, namespace: keda }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: keda-operator }
rules: [{ apiGroups: [keda.sh], resources: ["*"], verbs: ["*"] }]
"""
}


def chart(name, version, definitions):
    """A chart as a file: the same bytes for the same content."""
    files = {
        "Chart.yaml": json.dumps({"apiVersion": "v2", "name": name, "version": version}),
        "values.yaml": "{}\n",
        "templates/values.yaml": TEMPLATE.replace("fine", "no label") if version == BROKEN else TEMPLATE,
    }
    if name in EXTRA:
        files["templates/extra.yaml"] = EXTRA[name]
    files |= {f"crds/{path.name}": path.read_text() for path in definitions}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Shelf:
    """Answers by host and path."""

    def __init__(self, repositories):
        self.repositories = repositories  # the folder of host/path.git
        self.answers = {}  # host/path: (type, bytes)
        self.indexes = {}

    def add_chart(self, repo, name, version, data):
        if repo.startswith("https://"):
            place = repo.removeprefix("https://").rstrip("/")
            self.answers[f"{place}/{name}-{version}.tgz"] = ("application/gzip", data)
            entry = {"apiVersion": "v2", "name": name, "version": version, "urls": [f"{repo.rstrip('/')}/{name}-{version}.tgz"]}
            index = self.indexes.setdefault(place, {"apiVersion": "v1", "entries": {}})
            index["entries"].setdefault(name, []).append(entry | {"digest": digest(data).split(":")[1]})
            self.answers[f"{place}/index.yaml"] = ("text/yaml", json.dumps(index).encode())
            return
        host, path = f"{repo}/{name}".split("/", 1)
        config = json.dumps({"apiVersion": "v2", "name": name, "version": version}).encode()
        parts = [(CONFIG, config), (CHART, data)]
        described = [{"mediaType": kind, "digest": digest(blob), "size": len(blob)} for kind, blob in parts]
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
        ).encode()
        self.answers[f"{host}/v2/"] = ("application/json", b"{}")
        for reference in (version, digest(manifest)):
            self.answers[f"{host}/v2/{path}/manifests/{reference}"] = (MANIFEST, manifest)
        for _, blob in parts:
            self.answers[f"{host}/v2/{path}/blobs/{digest(blob)}"] = ("application/octet-stream", blob)

    def hosts(self):
        return {place.split("/")[0] for place in self.answers} | {d.name for d in self.repositories.iterdir()}


def certificate(folder, hosts):
    """(authority, chain of the hosts): a new authority, and one certificate of it for all of them."""

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=judge")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=hosts")
    (folder / "names").write_text("subjectAltName=" + ",".join(f"DNS:{host}" for host in sorted(hosts)))
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "host.crt")
    return folder / "ca.crt", (folder / "host.crt", folder / "host.key")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host = None

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        self.send_response(200)
        self.end_headers()
        self.host = self.path.rsplit(":", 1)[0]
        try:
            self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def answer(self, code, kind, body):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        place = f"{self.host}{path}"
        shelf = self.server.shelf
        if place in shelf.answers:
            return self.answer(200, *shelf.answers[place])
        if self.host and (shelf.repositories / self.host).is_dir():
            return self.git(path, query)
        return self.answer(404, "text/plain", f"nothing at {place}".encode())

    do_HEAD = do_POST = do_GET

    def git(self, path, query):
        length = int(self.headers.get("Content-Length") or 0)
        name = path.partition("/info/")[0].removesuffix("/git-upload-pack")
        rest = path.removeprefix(name)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.shelf.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{self.host}{name.removesuffix('.git')}.git{rest}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run([GIT, "http-backend"], input=self.rfile.read(length), env=environment, capture_output=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.answer(int(headers.get("Status", "200")[:3]), headers.get("Content-Type", "text/plain"), body)


class Host(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, shelf, scratch):
        super().__init__(("127.0.0.1", 0), Handler)
        self.shelf = shelf
        self.authority, chain = certificate(scratch, shelf.hosts())
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(*chain)
        self.tls.set_alpn_protocols(["http/1.1"])
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def environment(self):
        """What makes a program reach its hosts here."""
        proxy = f"http://127.0.0.1:{self.server_port}"
        return {
            "HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(self.authority), "GIT_SSL_CAINFO": str(self.authority),
        }
