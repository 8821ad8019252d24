"""Small inputs that ask for much, and machines that give little."""
import gzip
import io
import json
import os
import resource
import tarfile
import unittest
import zipfile
import zlib

import specimens
from hostile import ESCAPES, MEBIBYTES, HostileTest

GIB = 1 << 30
PICTURE = specimens.png(4, 4, colour=2)


def pictures(count=5):
    return {f"{label}/{k}.png": PICTURE for label in ("cat", "dog") for k in range(count)}


def gzip_of(head, piece, times):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(head) + b"".join(packer.compress(piece) for _ in range(times)) + packer.flush()


def tar_with(kind, **how):
    """An archive of good pictures and one member that is none."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in pictures().items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo(how.pop("name", "cat/x.png"))
        info.type = kind
        for key, value in how.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(b"\0" * info.size))
    return out.getvalue()


class Sources(HostileTest):

    def test_idx_files_that_claim_more_than_they_hold(self):
        claims = [((2**32 - 1, 28, 28), (2**32 - 1, )), ((1, 65535, 65535), (1, )), ((2**32 - 1, 1, 1), (2**32 - 1, )),
                  ((2**31, 2**31, 2**31), (2**31, )), ((1, 1, 1), (2**32 - 1, )), ((0, 0, 0), (0, )),
                  ((3, 65535, 65535, 3), (3, ))]
        for sizes, labels in claims:
            for packed in (False, True):
                pack = gzip.compress if packed else bytes
                end = ".gz" if packed else ""
                self.put(
                    ".", {
                        "x-images-idx3-ubyte" + end: pack(specimens.idx(sizes, b"")), "x-labels-idx1-ubyte" + end: pack(
                            specimens.idx(labels, b"\0"))
                    })
                with self.subTest(sizes=sizes, packed=packed):
                    ran = self.attack("ingest", "x-images-idx3-ubyte" + end, "--to", "d", codes=(7, 12),
                                      limits=[(resource.RLIMIT_AS, 6 * GIB)])
                    self.assertLess(ran.mebibytes, 512)
                os.remove(self.work("x-images-idx3-ubyte" + end))
                os.remove(self.work("x-labels-idx1-ubyte" + end))

    def test_lines_of_json(self):
        deep, wide = b"[" * 3_000_000, b"{" + b",".join(b'"%x":1' % k for k in range(200_000)) + b"}"
        good = specimens.text_rows(50)
        for line in (deep, b'{"text":' + deep + b"]" * 3_000_000 + b"}", wide, b'{"text":"' + b"a" * 20_000_000 + b'"}',
                     b'{"text":"\xff"}', b"\xef\xbb\xbf{}", b'{"text":1e999}',
                     b'{"text":"a","label":"' + b"b" * 5_000_000 + b'"}', b'{"a":' * 200_000):
            for command in ("ingest x.jsonl --kind text --to d --max-bad 100% --overwrite".split(),
                            "ingest x.jsonl --to e --dry-run".split()):
                self.put(".", {"x.jsonl": line + b"\n" + good})
                with self.subTest(line=line[:20], command=command[-1]):
                    self.attack(*command, limits=[(resource.RLIMIT_AS, 6 * GIB)])

    def test_tables_that_are_odd(self):
        rows = specimens.risk_rows()
        tables = {
            "wide": b",".join(b"c%d" % k for k in range(100_000)) + b"\n" + b"," * 99_999 + b"\n",
            "one quote": b'a,b\n"' + b"x" * 30_000_000, "no end": b"a" * 30_000_000, "NUL": rows.replace(b"Rome", b"R\0me"),
            "one column twice": rows.replace(b"town",
                                             b"age"), "no name": rows.replace(b"town",
                                                                              b""), "UTF-16": rows.decode().encode("utf-16"),
            "many values": b"a,y\n" + b"".join(b"%d-%d,%d\n" % (k, k * 7, k % 2) for k in range(100_000)),
            "escapes": rows.replace(b"Rome", ESCAPES.encode()), "formulas": rows.replace(b"Rome", b'=cmd|"/c calc"!A1'),
            "huge numbers": rows.replace(b"20,", b"1e400,").replace(b"21,", b"9" * 400 + b",")
        }
        for why, table in tables.items():
            self.put(".", {"t.csv": table})
            with self.subTest(why):
                self.attack("ingest", "t.csv", "--kind", "table", "--to", "d", "--overwrite", "--max-bad", "100%",
                            limits=[(resource.RLIMIT_AS, 6 * GIB)])

    def test_text_that_is_not_utf_8(self):
        """Told, with how to convert it; or kept out as bad. Never the end of the program."""
        bad, rows = "café".encode("latin-1"), specimens.risk_rows()
        sources = {
            "a value": {"t.csv": rows.replace(b"Rome", bad)}, "a column": {"t.csv": rows.replace(b"town", bad)},
            "a label": {"t.csv": rows.replace(b"hi", bad)}, "an id": {"t.csv": specimens.rating_rows().replace(b"i3", bad)},
            "a line": {"t.jsonl": specimens.text_rows() + b'{"text":"' + bad + b'","label":"' + bad + b'"}\n'}
        }
        for why, files in sources.items():
            self.put(".", files)
            name = next(iter(files))
            for command in (["ingest", name, "--to", "d",
                             "--overwrite"], ["ingest", name, "--to", "d", "--overwrite", "--max-bad",
                                              "100%"], ["train", name, "--to", "m", "--dry-run"]):
                with self.subTest(why, command=command[0]):
                    self.attack(*command)
        for folder in ("texts", "pictures"):
            for name in (b"gut\xfc/a", b"b/caf\xe9"):
                path = os.path.join(self.work(folder).encode(), name + (b".txt" if folder == "texts" else b".png"))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(b"words" if folder == "texts" else PICTURE)
            with self.subTest(folder):
                self.attack("ingest", folder, "--to", "e-" + folder)
        for arguments in (["get", b"\xe9"], ["describe", "dataset", b"d\xe9", "-o",
                                             "json"], ["ingest", "t.csv", "--label", "risk", "--to",
                                                       b"d\xe9"], ["config", "set", "region", b"\xe9"], ["explain", b"\xe9"],
                          ["predict", "m", b"\xe9"], ["ls", b"s3://b/\xe9", "--endpoint",
                                                      "http://127.0.0.1:9"], "get runs -o json".split()):
            with self.subTest(arguments):
                self.attack(*arguments, seconds=60)

    def test_pictures_larger_than_they_look(self):
        for name, bomb in {
                "a.webp": specimens.webp_of_one_colour(16383, 10923), "b.png": specimens.png(13_000, 13_000),
                "c.jpg": specimens.jpeg_of_scans(16_000, 8000, 600), "d.png": specimens.png(2**31 - 1, 2**31 - 1, rows=1),
                "e.jpg": specimens.jpeg_of_scans(64, 64, 5000)
        }.items():
            self.put("p", {f"cat/{k}{name}": bomb for k in range(3)} | pictures())
            with self.subTest(name):
                self.attack("ingest", "p", "--kind", "image", "--to", "d", "--max-bad", "100%", "--overwrite", seconds=120)

    def test_archives(self):
        zeros = zipfile.ZipFile(io.BytesIO(), "w")
        zeros.close()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in pictures().items():
                archive.writestr(name, content)
            for k in range(3):
                archive.writestr(f"cat/bomb{k}.png", PICTURE + bytes(500 << 20))
        archives = {
            "bomb.zip": out.getvalue(), "link.tar": tar_with(tarfile.SYMTYPE, linkname="../../precious/thesis.txt"),
            "hard.tar": tar_with(tarfile.LNKTYPE,
                                 linkname="/etc/passwd"), "device.tar": tar_with(tarfile.CHRTYPE, devmajor=1, devminor=5),
            "pipe.tar": tar_with(tarfile.FIFOTYPE), "up.tar": tar_with(tarfile.REGTYPE, name="../../precious/x.png"),
            "root.tar": tar_with(tarfile.REGTYPE,
                                 name="/precious/x.png"), "name.tar": tar_with(tarfile.REGTYPE, name=f"cat/{ESCAPES}.png"),
            "line.tar": tar_with(tarfile.REGTYPE, name="cat/a\nerror.png"),
            "long.tar": tar_with(tarfile.REGTYPE,
                                 name="cat/" + "d/" * 3000 + "x.png"), "short.tar": tar_with(tarfile.REGTYPE, size=0)[:2000],
            "many.zip": specimens.zipped({f"c/{k}.txt": b""
                                          for k in range(60_000)} | pictures()), "empty.zip": b"PK\5\6" + bytes(18)
        }
        for name, content in archives.items():
            self.put(".", {name: content})
            with self.subTest(name):
                self.attack("ingest", name, "--kind", "image", "--to", "d", "--max-bad", "50%", "--overwrite", seconds=60)

    def test_packed_tables_that_never_end(self):
        for name, content in {
                "rows.csv.gz": gzip_of(b"a,y\n", b"7,no\n" * 100_000,
                                       400), "quote.csv.gz": gzip_of(b'a,y\n"', b"x" * (1 << 20), 1200),
                "line.jsonl.gz": gzip_of(b'{"text":"', b"x" * (1 << 20), 1200)
        }.items():
            self.put(".", {name: content})
            with self.subTest(name):
                self.attack("ingest", name, "--to", "d", "--overwrite", "--max-bad", "100%", seconds=120,
                            limits=[(resource.RLIMIT_AS, 6 * GIB)])


class Machines(HostileTest):

    def setUp(self):
        super().setUp()
        self.put(".", {"t.csv": specimens.risk_rows(20_000)})
        self.put("m", specimens.model_files("text"))
        self.put("ds", specimens.dataset_files("table"))

    COMMANDS = ("ingest t.csv --label risk --to d".split(), "clean ds --to c".split(), "describe model m".split(),
                "validate -f t.csv".split(), ["get", "datasets"], ["upload", "t.csv", "file://{WORK}/f/x"], ["help"], ["version"])

    def each(self, commands=COMMANDS):
        for command in commands:
            yield [each.replace("{WORK}", self.work()) for each in command]

    def test_little_memory(self):
        for mebibytes in (32, 64, 128):
            for command in self.each():
                with self.subTest(mebibytes=mebibytes, command=command[0]):
                    self.attack(*command, limits=[(resource.RLIMIT_AS, mebibytes << 20)])
        for mebibytes in (200, 500, 900):
            with self.subTest(mebibytes=mebibytes, command="predict"):
                self.attack("predict", "m", "hello", limits=[(resource.RLIMIT_AS, mebibytes << 20)], seconds=60)

    def test_few_descriptors(self):
        for count in (4, 5, 6, 8, 12):  # with 3 the loader finds no libm
            for command in self.each():
                with self.subTest(count=count, command=command[0]):
                    self.attack(*command, limits=[(resource.RLIMIT_NOFILE, count)])

    def test_small_files_only(self):
        for size in (0, 100, 65_536):
            for command in self.each():
                with self.subTest(size=size, command=command[0]):
                    self.attack(*command, "--overwrite" if command[0] in ("ingest", "clean") else "-q",
                                limits=[(resource.RLIMIT_FSIZE, size)])

    def test_a_result_that_was_not_written_is_no_success(self):
        for command in (["help"], ["version"], "version -o json".split(), "describe model m".split(),
                        "describe model m -o yaml".split(), ["get", "datasets"], "get models -o name".split(),
                        ["explain", "train"], ["config", "view"], ["ls", "."], ["completion",
                                                                                "bash"], ["download", "file://{WORK}/t.csv", "-"],
                        "ingest t.csv --dry-run --label risk --to x".split(), "explain train -o json".split(),
                        ["doctor"], ["help", "exit-codes"], "get runs --help".split(), "predict m hello".split()):
            self.put(".", {"manifest.yaml": specimens.MANIFEST})
            with self.subTest(command), open("/dev/full", "wb") as full:
                self.attack(*[each.replace("{WORK}", self.work()) for each in command], stdout=full, codes=(12, ), seconds=60)

    def test_a_reader_that_went_away_is_no_fault(self):
        for command in (["help"], ["explain", "train"], "describe model m -o json".split()):
            reading, writing = os.pipe()
            os.close(reading)
            with self.subTest(command), open(writing, "wb") as pipe:
                ran = self.attack(*command, stdout=pipe)
                self.assertEqual(ran.err, b"")


class Manifests(HostileTest):

    def test_yaml_that_expands(self):
        aliases = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"%c: &%c [%s]\n" % (98 + k, 98 + k, b",".join([b"*%c" %
                                                                                                            (97 + k)] * 9))
                                                            for k in range(9))
        texts = {
            "aliases": aliases, "merge": b"a: &a {x: 1}\nb:\n  <<: *a\n" * 1000, "deep": b"[" * 100_000,
            "deeper": b"- " * 100_000, "wide": b"".join(b"k%d: 1\n" % k for k in range(100_000)),
            "long": b"a: " + b"x" * 2_000_000, "bytes": b"a: caf\xe9\n", "NUL": b"a: \0\n",
            "tags": b"a: !!python/object/apply:os.system [id]\n", "anchors": b"a: &a *a\n", "many": b"---\na: 1\n" * 50_000,
            "number": b"spec: {epochs: " + b"9" * 400 + b"}\n", "name": specimens.MANIFEST.replace(
                b"photos",
                json.dumps(ESCAPES).encode()), "kind": specimens.MANIFEST.replace(b"Train",
                                                                                  json.dumps(ESCAPES).encode()),
            "key": specimens.MANIFEST.replace(b"epochs",
                                              json.dumps(ESCAPES).encode()),
            "value": specimens.MANIFEST.replace(b"epochs: 1", b"epochs: " + json.dumps(ESCAPES).encode()),
            "environment": specimens.MANIFEST.replace(b"photos", b"${env:" + b"${env:" * 1000 + b"}")
        }
        for why, text in texts.items():
            self.put(".", {"m.yaml": text})
            for command in ("validate -f m.yaml".split(), "train -f m.yaml --dry-run".split(),
                            "apply -f m.yaml --dry-run".split(), "diff -f m.yaml".split(), "run -f m.yaml --dry-run".split()):
                with self.subTest(why, command=command[0]):
                    self.attack(*command)
        for path in ("[" * 10_000, "a." * 50_000, "spec.epochs=" + "9" * 400, ESCAPES + "=1", "spec.model=" + "{a: " * 1000):
            self.put(".", {"m.yaml": specimens.MANIFEST})
            with self.subTest(path[:20]):
                self.attack("train", "-f", "m.yaml", "--dry-run", "--set", path)
                self.attack("explain", path.partition("=")[0])

    def test_paths_in_json(self):
        self.put("m", specimens.model_files("text"))
        for path in ("{", "{.", "{.a[", "{.a[99999999999999999999]}", "{.a[-9223372036854775808]}", "{..}", "{.files[*]",
                     "{}" * 10_000, "{.a" * 10_000, "{.files[0:1:0]}", "\x1b[31m{.task}", "{.task}\x1b[31m"):
            with self.subTest(path[:20]):
                self.attack("describe", "model", "m", "-o", "jsonpath=" + path)


if __name__ == "__main__":
    unittest.main()
