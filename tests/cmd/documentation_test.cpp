#include <doctest/doctest.h>

#include "core/base/strings.h"
#include "core/sys/fs.h"
#include "fakes/source_folder.h"
#include "fakes/temp_folder.h"
#include "fakes/test_app.h"

using namespace mlctl;
using mlctl::test::run;

namespace {

// The manifests that a page shows: from "apiVersion:" to the end of the block or of the here-document.
std::vector<std::string> manifests_in(const std::string& page) {
  std::vector<std::string> found;
  bool inside = false;
  for (const std::string& line : split(page, '\n')) {
    if (line.starts_with("apiVersion: ")) {
      inside = true;
      found.emplace_back();
    }
    if (line.starts_with("```") || line == "EOF" || line == "END") inside = false;
    if (inside) found.back() += line + "\n";
  }
  return found;
}

std::vector<std::string> pages() {
  std::vector<std::string> found = {"README.md"};
  const auto entries = sys::list_files(test::source_folder() / "docs").value();
  for (const sys::Entry& entry : entries) {
    if (entry.path.extension() == ".md") found.push_back("docs/" + entry.path.string());
  }
  return found;
}

}  // namespace

TEST_CASE("every manifest that a page shows is valid, and apply takes it") {
  size_t seen = 0;
  for (const std::string& page : pages()) {
    const std::string text = sys::read_file(test::source_folder() / page).value();
    for (const std::string& manifest : manifests_in(text)) {
      ++seen;
      CAPTURE(page);
      CAPTURE(manifest);
      const auto valid = run({"validate", "-f", "-"}, manifest);
      CHECK_MESSAGE(valid.code == 0, valid.err);
      CHECK(run({"apply", "-f", "-", "--dry-run"}, manifest).code == 0);
    }
  }
  CHECK(seen >= 2);
}

TEST_CASE("every example is valid, and apply takes it") {
  const auto entries = sys::list_files(test::source_folder() / "manifests/examples").value();
  for (const sys::Entry& entry : entries) {
    const std::string file = (test::source_folder() / "manifests/examples" / entry.path).string();
    CAPTURE(file);
    CHECK(run({"validate", "-f", file}).code == 0);
    CHECK(run({"apply", "-f", file, "--dry-run"}).code == 0);
  }
}

TEST_CASE("what init writes is valid, and apply takes it") {
  test::TempFolder folder;
  REQUIRE(run({"init", folder.path().string()}).code == 0);
  for (const char* name : {"train.yaml", "pipeline.yaml"}) {
    const std::string file = (folder / "manifests" / name).string();
    CHECK(run({"validate", "-f", file}).code == 0);
    CHECK(run({"apply", "-f", file, "--dry-run"}).code == 0);
  }
}
