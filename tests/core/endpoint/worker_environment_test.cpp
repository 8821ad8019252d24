#include "core/endpoint/worker_environment.h"

#include <doctest/doctest.h>

using mlctl::serve::is_passed_on;
using mlctl::serve::worker_environment;

TEST_CASE("a worker's environment holds what it computes with, and no keys") {
  for (const char* name : {"MLCTL_ENGINE", "LD_LIBRARY_PATH", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES",
                           "LC_ALL", "OPENBLAS_CORETYPE", "HOME"}) {
    INFO(name);
    CHECK(is_passed_on(name));
  }
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OSS_ACCESS_KEY_SECRET",
                           "MLCTL_PII_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "GITHUB_TOKEN", "DATABASE_URL",
                           "LD_PRELOAD", "SSH_AUTH_SOCK", "OMP", "XOMP_NUM_THREADS", "HOMEPAGE", ""}) {
    INFO(name);
    CHECK_FALSE(is_passed_on(name));
  }
  CHECK(worker_environment({"HOME=/h", "AWS_SECRET_ACCESS_KEY=s", "LC_TIME=C", "HOMER=x", "=odd", "TZ="}) ==
        std::vector<std::string>{"HOME=/h", "LC_TIME=C", "TZ="});
}
