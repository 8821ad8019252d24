"""What the tests against real S3 servers share: a server per file, a bucket per test, boto3 as the other opinion."""
import os
import shutil
import unittest
import uuid

try:
    import boto3
    from botocore.config import Config
except ImportError:
    boto3 = None

import servers
from support import ProjectTest

RUNNING = {}


def running(name):
    """The server, started at its first use and stopped with the process: "rgw", "minio", "minio-tls"."""
    if name.startswith("minio") and servers.minio_binary() is None:
        raise unittest.SkipTest("MinIO is not built (make test-s3 does that)")
    if boto3 is None:
        raise unittest.SkipTest("boto3 is not installed (cmake/deps.sh s3)")
    if name == "rgw" and shutil.which("radosgw") is None:
        raise unittest.SkipTest("Ceph's gateway is not installed (cmake/deps.sh s3)")
    if name not in RUNNING:
        RUNNING[name] = servers.start_rgw() if name == "rgw" else servers.start_minio(tls=name == "minio-tls")
    return RUNNING[name]


class S3Test(ProjectTest):
    server_name, tls = "rgw", False

    def setUp(self):
        super().setUp()
        self.server = running(self.server_name)
        self.endpoint = self.server.tls_endpoint if self.tls else self.server.endpoint
        for name in [name for name in self.env if name.startswith(("AWS_", "OSS_", "GOOGLE_"))]:
            del self.env[name]
        self.env.update(AWS_ENDPOINT_URL=self.endpoint, AWS_ACCESS_KEY_ID=servers.ACCESS, AWS_EC2_METADATA_DISABLED="true",
                        AWS_SECRET_ACCESS_KEY=servers.SECRET, AWS_REGION="us-east-1")
        if self.tls:
            self.env["AWS_CA_BUNDLE"] = self.server.ca
        self.s3 = self.boto()
        self.bucket = f"t-{uuid.uuid4().hex[:16]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.addCleanup(self.empty, self.bucket)

    def boto(self, endpoint=None):
        return boto3.client("s3", endpoint_url=endpoint or self.endpoint, aws_access_key_id=servers.ACCESS,
                            aws_secret_access_key=servers.SECRET, region_name="us-east-1",
                            verify=self.server.ca if self.tls else None,
                            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))

    def empty(self, bucket):
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [{"Key": each["Key"], "VersionId": each["VersionId"]}
                     for each in page.get("Versions", []) + page.get("DeleteMarkers", [])]
            for each in [each for each in found if not each["Key"].isprintable()]:  # no XML can name them
                self.s3.delete_object(Bucket=bucket, **each)
            found = [each for each in found if each["Key"].isprintable()]
            for at in range(0, len(found), 500):
                doomed = found[at:at + 500]
                self.s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
        for upload in self.uploads(bucket):
            self.s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        self.s3.delete_bucket(Bucket=bucket)

    def url(self, key=""):
        return f"s3://{self.bucket}/{key}"

    def put(self, key, body=b"x", **options):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **options)

    def get(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def stored(self):
        """{key: bytes} of all there is."""
        return {key: self.get(key) for key in self.keys()}

    def keys(self, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def uploads(self, bucket=None):
        return self.s3.list_multipart_uploads(Bucket=bucket or self.bucket).get("Uploads", [])

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def assertSays(self, outcome, *texts):
        for text in texts:
            self.assertIn(text, outcome.err)


def on_every_server(tests):
    """Classes that run a mixin of tests against every server, over HTTP and TLS."""
    kinds = {"Rgw": ("rgw", False), "RgwTls": ("rgw", True), "Minio": ("minio", False), "MinioTls": ("minio-tls", True)}
    return {f"{tests.__name__}{kind}": type(f"{tests.__name__}{kind}", (tests, S3Test),
                                             {"server_name": name, "tls": tls, "__module__": tests.__module__})
            for kind, (name, tls) in kinds.items()}


__all__ = ["S3Test", "on_every_server", "os", "running", "servers"]
