// The values Tab offers in a project, through `mlctl __complete`.

#include <doctest/doctest.h>

#include "fakes/project.h"

using namespace mlctl;

namespace {

struct Filled : test::Project {
  Filled() { fill(); }
  // The candidates without descriptions, each in its line; then the directives.
  std::string tab(std::vector<std::string> words) {
    words.insert(words.begin(), {"__complete", "--"});
    std::string values;
    const std::string out = mlctl(words).out;
    for (size_t begin = 0, end = 0; (end = out.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const std::string line = out.substr(begin, end - begin);
      values += line.substr(0, line.find('\t')) + "\n";
    }
    return values;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Filled, "datasets are offered, and folders where none matches") {
  CHECK(tab({"describe", "dataset", ""}) == "data/films\ndata/risk\n:\n");
  CHECK(tab({"get", "dataset", "data/r"}) == "data/risk\n:\n");
}

TEST_CASE_FIXTURE(Filled, "types and TYPE/NAME are offered") {
  CHECK(tab({"get", "m"}) == "models\n:\n");
  CHECK(tab({"describe", "model/"}) == "model/models/risk\n:\n");
}

TEST_CASE_FIXTURE(Filled, "runs are offered newest first, after latest") {
  CHECK(tab({"describe", "run", ""}).starts_with("latest\ntrain-20260131"));
}

TEST_CASE_FIXTURE(Filled, "describe offers what it could describe without a type") {
  CHECK(tab({"describe", "data/f"}) == "data/films\n:\n");
}
