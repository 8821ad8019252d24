#include "core/base/secrets.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("a URL is shown without what lets others in") {
  struct Case {
    const char *text, *shown;
  };
  const Case cases[] = {
      {"s3://bucket/key", "s3://bucket/key"},
      {"s3://b/k?X-Amz-Signature=abc123&X-Amz-Date=20260101T000000Z",
       "s3://b/k?X-Amz-Signature=…&X-Amz-Date=20260101T000000Z"},
      {"https://h/k?x-amz-credential=AK%2F2026&X-Amz-Security-Token=t",
       "https://h/k?x-amz-credential=…&X-Amz-Security-Token=…"},
      {"https://h/k?OSSAccessKeyId=AK&Expires=1&Signature=s%3D",
       "https://h/k?OSSAccessKeyId=…&Expires=1&Signature=…"},
      {"https://h/k?GoogleAccessId=me@x&Expires=1&Signature=s",
       "https://h/k?GoogleAccessId=…&Expires=1&Signature=…"},
      {"https://h/k?AWSAccessKeyId=AK&Signature=s&Expires=1",
       "https://h/k?AWSAccessKeyId=…&Signature=…&Expires=1"},
      {"https://a.blob.core/k?sv=2020&sig=s%2B&se=1", "https://a.blob.core/k?sv=2020&sig=…&se=1"},
      {"https://h/?access_token=t#part", "https://h/?access_token=…#part"},
      {"say who you are: HTTPS_PROXY=http://USER:PASSWORD@host:9",
       "say who you are: HTTPS_PROXY=http://USER:PASSWORD@host:9"},
      {"http://user:hunter2@host:9/p", "http://…@host:9/p"},
      {"http://user:hun@ter2@host/p@q", "http://…@host/p@q"},
      {"http://token@host", "http://…@host"},
      {"cannot read \"https://u:p@h/k?sig=abc\": no such key",
       "cannot read \"https://…@h/k?sig=…\": no such key"},
      {"two: http://a:b@c, s3://d/e?sig=f g", "two: http://…@c, s3://d/e?sig=… g"},
      {"GET http://h/b/x%3FX-Amz-Signature%3Dabc%26n%3D1%26sig%3dabc 200",
       "GET http://h/b/x%3FX-Amz-Signature%3D…%26n%3D1%26sig%3d… 200"},
      {"100%", "100%"},
      {"a=b&c=d", "a=b&c=d"},
      {"accuracy>=0.9", "accuracy>=0.9"},
      {"me@example.com", "me@example.com"},
      {"", ""},
  };
  for (const Case& each : cases) {
    CAPTURE(each.text);
    CHECK(without_secrets(each.text) == each.shown);
    CHECK(without_secrets(each.shown) == each.shown);
  }
}
