"""Alibaba's own SDKs (ali-oss, oss2, alibabacloud-oss-v2) and ours, request by request: the server of oss_server.py
accepts what the SDKs signed, and src/cloud/sign signs the same request at the same time with the same signature."""
import datetime
import http.client
import io
import json
import os
import subprocess
import sys
import unittest
import urllib.parse
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import sdks  # noqa: E402
from oss_server import OssServer  # noqa: E402

KEY, SECRET, BUCKET, REGION = "LTAI5tExample", "secret/of+the=tests", "photos", "cn-hangzhou"
KEYS = ["plain.txt", "with space.txt", "plus+plus.txt", "percent%41.txt", "question?.txt", "hash#amp&equals=.txt", "quote'\".txt",
        "semi;colon:comma,@$.txt", "tilde~star*(paren)!.txt", "täst 文件.txt", "emoji 🐇.txt", "a//b/c.txt"]
PRESIGN_QUERY = {4: ["x-oss-signature-version", "x-oss-date", "x-oss-expires", "x-oss-credential", "x-oss-additional-headers",
                     "x-oss-security-token", "x-oss-signature"],
                 1: ["Expires", "OSSAccessKeyId", "Signature", "security-token"]}


def job_of(request):
    """A recorded request as it was before its SDK signed it."""
    signed = request.signed
    drop = ["authorization", "host"]
    if not signed.presigned:
        drop += ["x-oss-security-token"] + (["x-oss-date", "x-oss-content-sha256"] if signed.version == 4 else ["date"])
    query = [pair for pair in request.query if not (signed.presigned and pair[0] in PRESIGN_QUERY[signed.version])]
    return {"form": f"oss-v{signed.version}", "presigned": signed.presigned, "method": request.method,
            "bucket": request.bucket, "key": sdks.latin(request.key), "query": [[sdks.latin(half) for half in pair] for pair in query],
            "headers": [[name, sdks.latin(value)] for name, value in request.headers.items() if name not in drop],
            "id": KEY, "secret": SECRET, "token": signed.token, "region": signed.region, "service": signed.product,
            "time": int(signed.seconds()), "expires": signed.expires or 0, "additional": signed.additional}


def signature_of(answer, request):
    if request.signed.presigned:
        return dict(answer["query"])["x-oss-signature" if request.signed.version == 4 else "Signature"]
    authorization = dict(answer["headers"])["authorization"]
    return authorization.rsplit("Signature=", 1)[1] if request.signed.version == 4 else authorization.rsplit(":", 1)[1]


class Comparison(unittest.TestCase):
    token = ""

    def setUp(self):
        warnings.simplefilter("ignore")
        self.server = self.enterContext(OssServer({KEY: SECRET}, [BUCKET], token=self.token or None))

    def fetch(self, method, url, headers=None):
        host = urllib.parse.urlsplit(url).netloc
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.endpoint).netloc, timeout=20)
        connection.putrequest(method, url.partition(host)[2], skip_host=True, skip_accept_encoding=True)
        body = b"hello" if method == "PUT" else b""
        connection.putheader("Host", host)
        for name, value in dict(headers or {}, **{"Content-Length": str(len(body))}).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        connection.getresponse().read()
        connection.close()

    def compare(self, version):
        requests = self.server.requests
        bad = [(r.method, r.target, r.code) for r in requests if r.code in ("SignatureDoesNotMatch", "InvalidArgument", "AccessDenied")]
        self.assertEqual(bad, [], "refused by the server")
        self.assertEqual({r.signed.version for r in requests}, {version})
        for presigned in (False, True):
            self.assertGreaterEqual(len([r for r in requests if r.signed.presigned == presigned]), 40)
        for request, ours in zip(requests, sdks.sign([job_of(r) for r in requests]), strict=True):
            with self.subTest(method=request.method, target=request.target):
                self.assertEqual(signature_of(ours, request), request.signed.signature)


class Oss2(Comparison):
    @classmethod
    def setUpClass(cls):
        sdks.use_python_sdks()

    def requests(self, version):
        import oss2
        provider = oss2.credentials.StaticCredentialsProvider(KEY, SECRET, self.token or None)
        auth = (oss2.ProviderAuthV4 if version == 4 else oss2.ProviderAuth)(provider)
        bucket = oss2.Bucket(auth, self.server.endpoint, BUCKET, region=REGION, enable_crc=False)

        def quietly(call, *arguments, **options):
            try:
                return call(*arguments, **options)
            except oss2.exceptions.OssError:
                return None
        for key in KEYS:
            quietly(bucket.put_object, key, b"hello", headers={"Content-Type": "text/plain", "x-oss-meta-who": "tester  x"})
            quietly(bucket.get_object, key, byte_range=(0, 1), params={"response-content-type": "a/b c+d"})
            quietly(bucket.head_object, key)
            quietly(bucket.list_objects_v2, prefix=key, delimiter="/", max_keys=3, start_after="a b")
            quietly(bucket.get_object_tagging, key)
            for method, options in (("GET", {}), ("PUT", {"headers": {"Content-Type": "text/plain"}}), ("HEAD", {}),
                                    ("GET", {"params": {"response-content-disposition": 'attachment; filename="a+b.txt"'}})):
                self.fetch(method, bucket.sign_url(method, key, 600, slash_safe=True, **options), options.get("headers"))
            quietly(bucket.copy_object, BUCKET, key, key + ".copy")
            quietly(bucket.delete_object, key)
        upload = bucket.init_multipart_upload("parts.bin")
        part = bucket.upload_part("parts.bin", upload.upload_id, 1, b"x" * 200000)
        quietly(bucket.list_parts, "parts.bin", upload.upload_id, max_parts=3)
        quietly(bucket.complete_multipart_upload, "parts.bin", upload.upload_id, [oss2.models.PartInfo(1, part.etag)])
        quietly(bucket.list_multipart_uploads, prefix="a b")
        quietly(bucket.batch_delete_objects, ["parts.bin", "a+b"])
        quietly(bucket.append_object, "log", 0, b"line")

    maxDiff = None

    def test_v4(self):
        self.requests(4)
        self.compare(4)

    def test_v1(self):
        self.requests(1)
        self.compare(1)


class Oss2WithToken(Oss2):
    token = "CAIS+token/with=signs"


class OssV2(Comparison):
    @classmethod
    def setUpClass(cls):
        sdks.use_python_sdks()

    def requests(self, version):
        import alibabacloud_oss_v2 as oss
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY, SECRET, self.token or None)
        config.region, config.endpoint, config.signature_version = REGION, self.server.endpoint, f"v{version}"
        config.use_path_style, config.retry_max_attempts = True, 1
        client = oss.Client(config)

        def quietly(call, request):
            try:
                return call(request)
            except oss.exceptions.BaseError:
                return None
        hour = datetime.timedelta(minutes=10)
        for key in KEYS:
            at = {"bucket": BUCKET, "key": key}
            quietly(client.put_object, oss.PutObjectRequest(**at, body=b"hello", content_type="text/plain", metadata={"who": "me"},
                                                            forbid_overwrite=False))
            quietly(client.get_object, oss.GetObjectRequest(**at, range_header="bytes=0-1", response_content_type="a/b c+d"))
            quietly(client.head_object, oss.HeadObjectRequest(**at))
            quietly(client.list_objects_v2, oss.ListObjectsV2Request(bucket=BUCKET, prefix=key, delimiter="/", max_keys=3))
            quietly(client.get_object_tagging, oss.GetObjectTaggingRequest(**at))
            for request in (oss.GetObjectRequest(**at), oss.PutObjectRequest(**at, content_type="text/plain"), oss.HeadObjectRequest(**at),
                            oss.GetObjectRequest(**at, response_content_disposition='attachment; filename="a+b.txt"')):
                presigned = client.presign(request, expires=hour)
                self.fetch(presigned.method, presigned.url, presigned.signed_headers)
            quietly(client.copy_object, oss.CopyObjectRequest(bucket=BUCKET, key=key + ".copy", source_key=key))
            quietly(client.delete_object, oss.DeleteObjectRequest(**at))
        at = {"bucket": BUCKET, "key": "parts.bin"}
        upload = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**at))
        at["upload_id"] = upload.upload_id
        part = client.upload_part(oss.UploadPartRequest(**at, part_number=1, body=io.BytesIO(b"x" * 200000)))
        quietly(client.list_parts, oss.ListPartsRequest(**at))
        parts = oss.CompleteMultipartUpload(parts=[oss.UploadPart(part_number=1, etag=part.etag)])
        quietly(client.complete_multipart_upload, oss.CompleteMultipartUploadRequest(**at, complete_multipart_upload=parts))
        quietly(client.delete_multiple_objects, oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=[oss.DeleteObject(key="a+b")]))

    test_v4, test_v1 = Oss2.test_v4, Oss2.test_v1


class AliOss(Comparison):
    def requests(self, version):
        try:
            node, modules = sdks.node()
        except RuntimeError as error:  # pip's registry is there on any machine that builds; npm's may not be
            self.skipTest(f"ali-oss cannot be installed here: {error}")
        job = {"endpoint": self.server.endpoint, "id": KEY, "secret": SECRET, "token": self.token, "bucket": BUCKET, "keys": KEYS,
               "v4": version == 4}
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ali_oss_requests.js")
        done = subprocess.run([node, script, json.dumps(job)], env=dict(os.environ, NODE_PATH=modules),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in done.stdout.splitlines():
            presigned = json.loads(line)
            self.fetch(presigned["method"], presigned["url"], presigned["headers"])

    test_v4, test_v1 = Oss2.test_v4, Oss2.test_v1


if __name__ == "__main__":
    unittest.main()
