#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "core/data/dataset.h"
#include "core/data/samples.h"
#include "core/ingest/image_stream.h"
#include "core/store/transfer.h"

namespace mlctl {

namespace {

std::map<std::string, std::string> image_fields(const Sample& sample, const Dataset& dataset,
                                                const std::string& split) {
  const std::string stored = fmt::format("{}.{}", sample.key, sample.extension);
  const std::string source(sample.source);
  std::map<std::string, std::string> fields = fields_of(source.empty() ? stored : source);
  fields.erase("path");
  fields.erase("folder");
  // A picture from an IDX file is called "file.gz:17": the object's name must still say that it is a
  // picture.
  if (!is_image_name(fields["name"])) {
    fields["stem"] = fields["name"];
    fields["name"] += fmt::format(".{}", sample.extension);
  }
  fields["ext"] = sample.extension;
  fields["source"] = source;
  fields["split"] = split;
  fields["key"] = sample.key;
  fields["label"] = sample.label < 0 ? "" : dataset.classes[static_cast<size_t>(sample.label)];
  return fields;
}

}  // namespace

Result<Walk> walk_images(const std::string& dataset_folder, const std::string& to_prefix,
                         const std::string& key_template) {
  const auto dataset = std::make_shared<const Dataset>(TRY(open_dataset(dataset_folder)));
  if (dataset->kind != DatasetKind::image) {
    return fail(
        Exit::data,
        fmt::format("{} is a {} dataset: its items are not files", dataset_folder, name(dataset->kind)),
        "--key works on image datasets and on folders; without it the dataset is uploaded as it is");
  }
  return Walk([=](const TakeItem& take) -> Result<> {
    for (const auto& each : dataset->splits) {
      const std::string& split = each.first;
      const auto take_image = [&](const Sample& sample) -> Result<> {
        const std::string key = TRY(fill_key(key_template, image_fields(sample, *dataset, split)));
        Content content{sample.image.size(), {}};
        content.read = [&](uint64_t offset, uint64_t size, const TakeBytes& take_bytes) {
          return take_bytes(sample.image.substr(offset, size));
        };
        content.passing = true;
        return take({to_prefix + key, std::move(content)});
      };
      TRY(for_each_sample(dataset_folder, *dataset, split, take_image));
    }
    return {};
  });
}

}  // namespace mlctl
