#include "cloud/store/facts.h"

#include <doctest/doctest.h>

#include "core/sys/fs.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"

using namespace mlctl;

namespace {

constexpr double kDay = 24 * 3600;

// An endpoint, and commands that come one after the other.
struct World {
  test::TempFolder folder;
  test::FakeClock clock;
  EndpointFacts command(const char* endpoint = "https://s3.us-east-1.amazonaws.com") {
    return {folder / "endpoints", parse_url(endpoint).value(), clock};
  }
  std::vector<sys::Entry> files() {
    return sys::is_folder(folder / "endpoints") ? sys::list_files(folder / "endpoints").value()
                                                : std::vector<sys::Entry>{};
  }
};

}  // namespace

TEST_CASE("what one command learns of an endpoint the next one knows, and of no other endpoint") {
  World world;
  world.command().learn_region("photos", "eu-west-1");
  world.command().learn_region("data", "ap-south-1");
  world.command().learn_checksums(false);
  CHECK(world.command().region("photos") == "eu-west-1");
  CHECK(world.command().region("data") == "ap-south-1");
  CHECK(!world.command().keeps_checksums());
  CHECK(world.command("http://127.0.0.1:9000").region("photos").empty());
  CHECK(world.command("http://127.0.0.1:9000").keeps_checksums());
}

TEST_CASE(
    "of an endpoint of which nothing was learnt there is no file, and what is known is not written again") {
  World world;
  EndpointFacts facts = world.command();
  facts.learn_checksums(true);
  facts.learn_region("photos", "");
  CHECK(world.files().empty());
  facts.learn_region("photos", "eu-west-1");
  REQUIRE(world.files().size() == 1);
  const auto file = world.folder / "endpoints" / world.files()[0].path;
  REQUIRE(sys::remove_tree(file));
  facts.learn_region("photos", "eu-west-1");
  CHECK(world.files().empty());
}

TEST_CASE("what was wrong is corrected, for the commands to come as well") {
  World world;
  world.command().learn_region("photos", "eu-west-1");
  world.command().learn_checksums(false);
  world.command().learn_region("photos", "us-west-2");
  CHECK(world.command().region("photos") == "us-west-2");
  world.command().learn_region("photos", "");
  world.command().learn_checksums(true);
  CHECK(world.command().region("photos").empty());
  CHECK(world.command().keeps_checksums());
}

TEST_CASE("after a week it is not known any more") {
  World world;
  world.command().learn_region("photos", "eu-west-1");
  world.clock.advance(4 * kDay);
  world.command().learn_checksums(false);
  world.clock.advance(4 * kDay);
  CHECK(world.command().region("photos").empty());
  CHECK(!world.command().keeps_checksums());
  world.clock.advance(4 * kDay);
  CHECK(world.command().keeps_checksums());
}

TEST_CASE("two commands at once lose nothing of each other's") {
  World world;
  EndpointFacts one = world.command(), other = world.command();
  one.learn_region("photos", "eu-west-1");
  other.learn_region("data", "ap-south-1");
  CHECK(world.command().region("photos") == "eu-west-1");
  CHECK(world.command().region("data") == "ap-south-1");
}

TEST_CASE("a file that cannot be read says nothing, and one that cannot be written stops nobody") {
  World world;
  world.command().learn_region("photos", "eu-west-1");
  const auto file = world.folder / "endpoints" / world.files().at(0).path;
  for (const char* text : {"", "{", "[]", "7", R"({"regions": 3})",
                           R"({"regions": {"photos": {"region": 1}}})", R"({"ignoresChecksums": "yes"})"}) {
    REQUIRE(sys::write_file(file, text));
    CHECK(world.command().region("photos").empty());
    CHECK(world.command().keeps_checksums());
  }
  REQUIRE(sys::write_file(world.folder / "blocked", "a file"));
  EndpointFacts facts(world.folder / "blocked", parse_url("https://a").value(), world.clock);
  facts.learn_region("photos", "eu-west-1");
  CHECK(facts.region("photos") == "eu-west-1");
}
