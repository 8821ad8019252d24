// dataset.json: what is read can be written, and reads the same; and the samples of shards that are such
// bytes too.

#include "core/data/dataset.h"

#include "core/data/samples.h"
#include "core/text/json.h"
#include "fuzz/fuzz.h"

using namespace mlctl;

namespace {

// Every shard is what follows the document.
class SameShards : public Shards {
 public:
  explicit SameShards(std::string_view bytes) : bytes_(bytes) {}
  std::string name() const override { return "fuzzed"; }
  Result<Dataset> open() override { return fail(Exit::not_found, "none"); }
  Result<> verify(const Dataset&) override { return {}; }
  Result<> read(const std::vector<FileEntry>& files, const TakeShard& take) override {
    for (size_t at = 0; at < files.size(); ++at) {
      const Result<> taken = take("shard", bytes_);
      if (!taken) return taken;
    }
    return {};
  }

 private:
  std::string_view bytes_;
};

Result<Dataset> read_document(std::string_view text) {
  const auto document = parse_json(text, "dataset.json");
  if (!document) return fail(document.error());
  return dataset_from_json(*document, "dataset.json");
}

}  // namespace

FUZZ(input) {
  const size_t end = std::min(input.find('\0'), input.size());
  const auto dataset = read_document(input.substr(0, end));
  if (!dataset) return;
  const std::string written = to_json(*dataset).dump();
  const auto again = read_document(written);
  fuzz::claim(again && to_json(*again).dump() == written, "a dataset survives writing and reading");
  (void)dataset_digest(*dataset);
  SameShards shards(end == input.size() ? std::string_view() : input.substr(end + 1));
  for (const auto& [name, split] : dataset->splits) {
    if (split.files.size() > 4) continue;
    (void)for_each_sample(shards, *dataset, name, [&](const Sample& sample) -> Result<> {
      const auto classes = static_cast<int32_t>(dataset->classes.size());
      fuzz::claim(sample.label >= -1 && sample.label < std::max(classes, 1), "a label is one of the classes");
      return {};
    });
  }
}
