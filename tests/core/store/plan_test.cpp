#include "core/store/plan.h"

#include <doctest/doctest.h>

using namespace mlctl;

TEST_CASE("globs with a slash see the path, others the name; what is excluded stays out") {
  struct Case {
    std::vector<std::string> include, exclude;
    const char* path;
    bool taken;
  };
  const Case cases[] = {
      {{}, {}, "a/b.jpg", true},         {{"*.jpg"}, {}, "a/b.jpg", true},
      {{"*.jpg"}, {}, "a/b.png", false}, {{"*.jpg", "*.png"}, {}, "b.png", true},
      {{"a/*"}, {}, "a/b.png", true},    {{"a/*"}, {}, "c/b.png", false},
      {{}, {"*.tmp"}, "a/b.tmp", false}, {{"*.jpg"}, {"b*"}, "a/b.jpg", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.path);
    CHECK(NameFilter{c.include, c.exclude}.takes(c.path) == c.taken);
  }
}

TEST_CASE("a key's fields are filled in, and an unknown one suggests the nearest") {
  const auto fields = fields_of("rabbits/grey/one.jpg");
  CHECK(fill_key("x/{name}", fields).value() == "x/one.jpg");
  CHECK(fill_key("{folder}-{stem}.{ext}", fields).value() == "rabbits/grey-one.jpg");
  CHECK(fill_key("{pth}", fields).error().hint == "did you mean {path}?");
  CHECK(fill_key("{pth}", fields).error().code == Exit::usage);
  CHECK(fill_key("{name", fields).error().code == Exit::usage);
  CHECK(fill_key("{ext}", fields_of("README")).error().code == Exit::data);
}

TEST_CASE("hashes come from dataset.json's list of files, and from nothing else") {
  CHECK(listed_hashes(R"({"files":[{"path":"a","size":1,"sha256":"f0"}]})").at("a") == "f0");
  for (const char* text : {"", "[]", "{}", R"({"files":3})", R"({"files":[1,{"path":2}]})", "{\"files\":"})
    CHECK(listed_hashes(text).empty());
}

TEST_CASE("dataset.json and model.json make the files beside them count") {
  CHECK(is_commit_mark("dataset.json"));
  CHECK(is_commit_mark("models/x/model.json"));
  CHECK(!is_commit_mark("my-dataset.json"));
  CHECK(!is_commit_mark("dataset.json/x"));
}
