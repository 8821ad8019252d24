#include "core/data/samples.h"

#include <doctest/doctest.h>

#include "core/data/tar.h"
#include "fakes/listed_file.h"

using namespace mlctl;
using test::entry;
using test::inside;

namespace {

// One shard in memory.
class OneShard : public Shards {
 public:
  OneShard(const char* name, std::string bytes) : name_(name), bytes_(std::move(bytes)) {}
  std::string name() const override { return "data"; }
  Result<Dataset> open() override { return fail(Exit::not_found, "none"); }
  Result<> verify(const Dataset&) override { return {}; }
  Result<> read(const std::vector<FileEntry>&, const TakeShard& take) override { return take(name_, bytes_); }

  Dataset dataset(DatasetKind kind, int64_t samples) const {
    Dataset dataset;
    dataset.kind = kind;
    dataset.files = {entry(name_, bytes_)};
    Split split;
    split.samples = samples;
    split.files = {inside(name_)};
    split.shard_samples = {samples};
    dataset.splits["train"] = split;
    return dataset;
  }

 private:
  std::string name_, bytes_;
};

using Members = std::vector<std::pair<const char*, const char*>>;

OneShard tar_of(const Members& members) {
  std::string bytes;
  for (const auto& [name, content] : members) append_tar_member(bytes, name, content);
  end_tar(bytes);
  return {"train-000000.tar", bytes};
}

// "key label, key label", or the error.
std::string read(OneShard& shard, const Dataset& dataset) {
  std::string read;
  const auto done = for_each_sample(shard, dataset, "train", [&](const Sample& sample) -> Result<> {
    read += (read.empty() ? "" : ", ") + std::string(sample.key) + " " + std::to_string(sample.label);
    return {};
  });
  if (done) return read;
  CHECK(done.error().code == Exit::integrity);
  return done.error().message;
}

}  // namespace

TEST_CASE("a picture of an image shard comes with its class and its facts, or not at all") {
  struct {
    Members members;
    const char* expected;
  } const cases[] = {
      {{{"0.png", "x"}, {"0.cls", "1"}, {"0.json", "{}"}, {"1.jpg", "y"}, {"1.cls", "0"}, {"1.json", "{}"}},
       "0 1, 1 0"},
      {{{"0.png", "x"}, {"0.json", "{}"}}, "0 has no class index"},
      {{{"0.png", "x"}, {"0.cls", "2"}, {"0.json", "{}"}}, "0.cls is not a class index"},
      {{{"0.png", "x"}, {"0.cls", "-1"}, {"0.json", "{}"}}, "0.cls is not a class index"},
      {{{"0.cls", "1"}, {"0.json", "{}"}}, "0.cls stands where it completes no picture"},
      {{{"0.png", "x"}, {"1.cls", "1"}}, "1.cls stands where it completes no picture"},
      {{{"0.png", "x"}, {"0.cls", "1"}}, "0 has no .json"},
      {{{"0.png", "x"}, {"1.png", "x"}}, "1.png stands where it completes no picture"},
      {{{"0.png", "x"}, {"0.cls", "1"}, {"0.json", "{}"}, {"0.json", "{}"}},
       "0.json stands where it completes no picture"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.expected);
    OneShard shard = tar_of(each.members);
    Dataset dataset = shard.dataset(DatasetKind::image, 2);
    dataset.classes = {"cat", "dog"};
    CHECK(read(shard, dataset) == each.expected);
  }
}

TEST_CASE("a picture without its class is refused where the dataset has no classes either") {
  OneShard shard = tar_of({{"0.png", "x"}, {"0.json", "{}"}});
  CHECK(read(shard, shard.dataset(DatasetKind::image, 1)) == "0 has no class index");
}

TEST_CASE("a shard has as many samples as dataset.json says") {
  OneShard shard("train-000000.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
  CHECK(read(shard, shard.dataset(DatasetKind::text, 2)) == "0 -1, 1 -1");
  CHECK(read(shard, shard.dataset(DatasetKind::text, 1)) == "2 samples, dataset.json says 1");
  CHECK(read(shard, shard.dataset(DatasetKind::text, 3)) == "2 samples, dataset.json says 3");
}
