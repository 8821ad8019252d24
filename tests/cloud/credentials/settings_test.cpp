// Where a store is, by flag, variable, mlctl's profile and the vendor's files, in this order.

#include "desk.h"

using namespace mlctl;
using namespace mlctl::test;

namespace {

struct Row {
  const char* name;
  const char* scheme;
  StoreRequestFlags flags;
  Texts variables, files;
  const char *host, *region;
};

const char* const kConfig = "[default]\nregion = file-1\nendpoint_url = http://file:1\n";

}  // namespace

TEST_CASE("a store's place is what the nearest says of it") {
  const Texts config = {{".aws/config", kConfig}};
  const Texts variables = {{"AWS_REGION", "env-1"}, {"AWS_ENDPOINT_URL_S3", "http://env:1"}};
  const StoreRequestFlags profile = {"", "", "", "http://profile:1", "profile-1"};
  const Row rows[] = {
      {"nobody", "s3", {}, {}, {}, "s3.us-east-1.amazonaws.com", "us-east-1"},
      {"the file", "s3", {}, {}, config, "file", "file-1"},
      {"a region in the file",
       "s3",
       {},
       {},
       {{".aws/config", "[default]\nregion = cn-north-1\n"}},
       "s3.cn-north-1.amazonaws.com.cn",
       "cn-north-1"},
      {"mlctl's profile", "s3", profile, {}, config, "profile", "profile-1"},
      {"variables", "s3", profile, variables, config, "env", "env-1"},
      {"flags", "s3", {"http://flag:1", "flag-1", ""}, variables, config, "flag", "flag-1"},
      {"ossutil's file",
       "oss",
       {},
       {},
       {{".ossutilconfig", "[default]\nregion=cn-beijing\n"}},
       "oss-cn-beijing.aliyuncs.com",
       "cn-beijing"},
      {"OSS with its prefix",
       "oss",
       {"", "oss-cn-beijing", ""},
       {},
       {},
       "oss-cn-beijing.aliyuncs.com",
       "cn-beijing"},
      {"AWS's variables are not Google's", "gs", {}, variables, config, "storage.googleapis.com", "auto"},
  };
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    Desk desk;
    desk.set(row.variables);
    desk.write(row.files);
    const auto settings = settings_for(*find_service(row.scheme), "bucket", row.flags, desk.env);
    REQUIRE(settings);
    CHECK(settings->endpoint.host == row.host);
    CHECK(settings->region == row.region);
  }
}

TEST_CASE("a profile that does not exist is refused before anything is asked") {
  Desk desk;
  desk.set({{"AWS_PROFILE", "gone"}, {"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}});
  const auto settings = settings_for(*find_service("s3"), "bucket", {}, desk.env);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().code == Exit::auth);
}
