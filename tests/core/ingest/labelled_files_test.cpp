#include "core/ingest/labelled_files.h"

#include <doctest/doctest.h>

using namespace mlctl;

namespace {

std::vector<LabelledFile> files_of(const std::vector<std::string>& names) {
  std::vector<LabelledFile> files;
  for (const std::string& name : names) files.push_back({name, {}, 0, -1});
  return files;
}

// "label/split" of each file.
std::vector<std::string> labelled(const std::vector<std::string>& names, LabelBy by, bool strip = false) {
  std::vector<LabelledFile> files = files_of(names);
  if (!label_files(files, by, strip, "src")) return {};
  std::vector<std::string> result;
  for (const LabelledFile& file : files) result.push_back(file.label + "/" + std::to_string(file.split));
  return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the label in a file's name is what comes before its number") {
  const struct {
    const char *name, *label;
  } cases[] = {{"cat.12.jpg", "cat"},         {"cat_12.jpg", "cat"},
               {"cat (12).png", "cat"},       {"red_panda_7.webp", "red_panda"},
               {"cat12.jpg", "cat"},          {"狗 03.jpg", "狗"},
               {"x/y/cat-1.jpg", "cat"},      {"cat.jpg", "cat"},
               {"red_panda.jpg", "red_panda"}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    CHECK(label_of_file_name(c.name) == c.label);
  }
}

TEST_CASE("folders name classes and splits") {
  CHECK(labelled({"cats/1.jpg", "dogs/a/2.jpg"}, LabelBy::dir) == Names{"cats/-1", "dogs/-1"});
  CHECK(labelled({"train/cats/1.jpg", "val/cats/2.jpg", "test/dogs/3.jpg"}, LabelBy::dir) ==
        Names{"cats/0", "cats/1", "dogs/2"});
  CHECK(labelled({"train/cat.1.jpg", "test/dog.2.jpg"}, LabelBy::filename) == Names{"cat/0", "dog/2"});
  // Two classes that happen to be called like splits, with no class folder below.
  CHECK(labelled({"train/1.jpg", "test/2.jpg"}, LabelBy::dir) == Names{"train/-1", "test/-1"});
}

TEST_CASE("the one folder around an archive's content is not a class") {
  CHECK(labelled({"photos/cats/1.jpg", "photos/dogs/2.jpg"}, LabelBy::dir, true) ==
        Names{"cats/-1", "dogs/-1"});
  CHECK(labelled({"p/train/cats/1.jpg", "p/test/cats/2.jpg"}, LabelBy::dir, true) ==
        Names{"cats/0", "cats/2"});
  CHECK(labelled({"cats/1.jpg"}, LabelBy::dir, true) == Names{"cats/-1"});
}

TEST_CASE("a file beside the class folders is refused") {
  std::vector<LabelledFile> files = files_of({"cats/1.jpg", "2.jpg"});
  const auto labels = label_files(files, LabelBy::dir, false, "photos");
  REQUIRE_FALSE(labels.has_value());
  CHECK(labels.error().code == Exit::data);
  CHECK(labels.error().message.find("2.jpg") != std::string::npos);
}
