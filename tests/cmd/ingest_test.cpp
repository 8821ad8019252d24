#include <doctest/doctest.h>

#include "core/data/samples.h"
#include "core/sys/fs.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;
using mlctl::test::run;

namespace {

// A project of its own, so that runs are not recorded in the developer's.
struct Project {
  test::TempFolder folder;
  sys::Env env = sys::current_env();
  Project() { env.variables["XDG_STATE_HOME"] = (folder / "state").string(); }
  std::string write(const std::string& name, const std::string& content) {
    REQUIRE(sys::write_file(folder / name, content).has_value());
    return (folder / name).string();
  }
  test::Outcome ingest(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ingest");
    return run(arguments, {}, env);
  }
};

std::string small_table() {
  std::string csv = "x,label\n";
  for (int i = 0; i < 40; ++i)
    csv += std::to_string(i * 7 % 13) + "." + std::to_string(i) + (i % 3 ? ",yes\n" : ",no\n");
  return csv;
}

}  // namespace

TEST_CASE("ingest: wrong flags are usage errors") {
  Project project;
  const std::string csv = project.write("a.csv", small_table()), to = (project.folder / "d").string();
  const std::vector<std::vector<std::string>> cases = {
      {csv},         // no --to
      {"--to", to},  // no source
      {csv, "--to", to, "--kind", "video"},
      {csv, "--to", to, "--split", "0.5,0.6"},
      {csv, "--to", to, "--shard", "3/3"},
      {csv, "--to", to, "--max-bad", "few"},
      {csv, "--to", to, "--type", "x"},
      {csv, "--to", to, "--type", "x=colour"},
      {"ftp://host/a.csv", "--to", to},
      {csv, "--to", "ftp://host/d"},
  };
  for (const auto& arguments : cases) {
    CAPTURE(arguments.back());
    CHECK(project.ingest(arguments).code == 2);
  }
  CHECK_FALSE(sys::exists(project.folder / "d"));
}

TEST_CASE("ingest: a finished dataset is up to date, and is not replaced by another without --overwrite") {
  Project project;
  const std::string csv = project.write("a.csv", small_table()), to = (project.folder / "d").string();
  CHECK(project.ingest({csv, "--to", to}).code == 0);
  CHECK(project.ingest({csv, "--to", to}).err.find("up to date") != std::string::npos);
  CHECK(project.ingest({csv, "--to", to, "--seed", "2"}).code == 6);
  CHECK(project.ingest({csv, "--to", to, "--seed", "2", "--overwrite"}).code == 0);
}

TEST_CASE("ingest: the samples that come out are the rows that went in") {
  Project project;
  const std::string csv = project.write("a.csv", small_table()), to = (project.folder / "d").string();
  REQUIRE(project.ingest({csv, "--to", to}).code == 0);
  const Dataset dataset = open_dataset(to).value();
  CHECK(verify_dataset(to, dataset).has_value());
  CHECK(dataset.classes == std::vector<std::string>{"no", "yes"});
  int64_t seen = 0;
  for (const auto& [split, part] : dataset.splits) {
    const auto streamed = for_each_sample(to, dataset, split, [&](const Sample& sample) -> Result<> {
      CHECK(small_table().find(std::string(sample.fields[0]) + "," + std::string(sample.fields[1])) !=
            std::string::npos);
      CHECK(dataset.classes[static_cast<size_t>(sample.label)] == sample.fields[1]);
      ++seen;
      return {};
    });
    CHECK(streamed.has_value());
  }
  CHECK(seen == 40);
  CHECK(for_each_sample(to, dataset, "tset", [](const Sample&) -> Result<> { return {}; }).error().code ==
        Exit::not_found);
}

TEST_CASE("ingest: a failure leaves nothing behind") {
  Project project;
  const std::string csv = project.write("a.csv", "x,label\n1\n2,yes\n3,no\n"),
                    to = (project.folder / "d").string();
  const auto outcome = project.ingest({csv, "--to", to});
  CHECK(outcome.code == 7);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("a.csv:2") != std::string::npos);
  CHECK_FALSE(sys::exists(project.folder / "d"));
  CHECK_FALSE(sys::exists(project.folder / "d.partial"));
}
