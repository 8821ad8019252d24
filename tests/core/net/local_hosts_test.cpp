#include "core/net/local_hosts.h"

#include <doctest/doctest.h>

using mlctl::is_link_local;
using mlctl::is_loopback;

TEST_CASE("only addresses of the machine itself, and localhost, are local") {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "localhost", "LocalHost", "::ffff:127.0.0.1"}) {
    INFO(host);
    CHECK(is_loopback(host));
  }
  for (const char* host :
       {"127.evil.com", "127.0.0.1.evil.com", "127.0.0.1 ", "127.", "127", "127.0.0", "0.0.0.0",
        "::", "localhost.evil.com", "xlocalhost", "128.0.0.1", "::ffff:8.8.8.8", "::1%lo", ""}) {
    INFO(host);
    CHECK_FALSE(is_loopback(host));
  }
  CHECK(is_link_local("169.254.169.254"));
  CHECK(is_link_local("fe80::1"));
  for (const char* host : {"169.254.evil.com", "169.255.0.1", "fe80.evil.com", "::1"}) {
    INFO(host);
    CHECK_FALSE(is_link_local(host));
  }
}
