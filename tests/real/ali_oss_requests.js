// Sends requests with the npm SDK ali-oss, for test_oss_signatures.py:
//   NODE_PATH=… node ali_oss_requests.js '{"endpoint", "id", "secret", "token", "bucket", "keys", "v4"}'
// Prints one JSON line {"method", "url", "headers"} for each presigned URL.
const OSS = require('ali-oss');

const job = JSON.parse(process.argv[2]);
const options = {
  endpoint: job.endpoint,
  region: 'oss-cn-hangzhou',
  accessKeyId: job.id,
  accessKeySecret: job.secret,
  stsToken: job.token || undefined,
  bucket: job.bucket,
  authorizationV4: job.v4,
  retryMax: 0,
  timeout: 20000,
};
const client = new OSS(options);
// Links of an address it does not sign (V1), or leaves the bucket out of (V4).
const named = new OSS({ ...options, endpoint: 'http://oss-cn-hangzhou.aliyuncs.com' });

// What the SDK makes of an answer is not what is tested here.
async function quietly(call) {
  try {
    return await call();
  } catch (error) {
    if (!error.status) process.stderr.write(`${error.stack}\n`);
    return null;
  }
}

function print(method, url, headers = {}) {
  process.stdout.write(`${JSON.stringify({ method, url, headers })}\n`);
}

async function main() {
  for (const key of job.keys) {
    await quietly(() => client.put(key, Buffer.from('hello'), {
      mime: 'text/plain', meta: { who: 'tester', Number: '7' }, headers: { 'x-oss-storage-class': 'Standard' },
    }));
    await quietly(() => client.get(key, { headers: { Range: 'bytes=0-1' } }));
    await quietly(() => client.head(key));
    await quietly(() => client.list({ prefix: key, 'max-keys': 5, delimiter: '/' }));
    await quietly(() => client.putObjectTagging(key, { a: 'b' }));
    await quietly(() => client.listV2({ prefix: key, 'max-keys': '5' }));
    const type = { 'Content-Type': 'text/plain' };
    if (job.v4) {
      print('GET', await named.signatureUrlV4('GET', 600, {}, key));
      print('PUT', await named.signatureUrlV4('PUT', 600, { headers: type }, key), type);
      print('GET', await named.signatureUrlV4('GET', 600, { queries: { 'response-content-type': 'a/b c+d' } }, key));
      print('GET', await named.signatureUrlV4('GET', 600, { headers: { range: 'bytes=0-1' } }, key, ['range']), { range: 'bytes=0-1' });
    } else {
      print('GET', named.signatureUrl(key, { expires: 600 }));
      print('PUT', named.signatureUrl(key, { expires: 600, method: 'PUT', 'Content-Type': 'text/plain' }), type);
      print('GET', named.signatureUrl(key, { expires: 600, response: { 'content-type': 'a/b c+d' } }));
      print('GET', named.signatureUrl(key, { expires: 600, process: 'image/resize,w_200' }));
    }
    await quietly(() => client.copy(`${key}.copy`, key));
    await quietly(() => client.delete(key));
  }
  const upload = await quietly(() => client.initMultipartUpload('parts.bin'));
  if (upload) {
    const part = await quietly(() => client.uploadPart('parts.bin', upload.uploadId, 1, __filename, 0, 1000));
    await quietly(() => client.listParts('parts.bin', upload.uploadId, { 'max-parts': 10 }));
    await quietly(() => client.completeMultipartUpload('parts.bin', upload.uploadId, [{ number: 1, etag: part && part.etag }]));
  }
  await quietly(() => client.listUploads({ prefix: 'a b' }));
  await quietly(() => client.deleteMulti(['parts.bin', 'a+b'], { quiet: true }));
  await quietly(() => client.getBucketInfo(job.bucket));
}

main();
