#include "core/data/samples.h"

#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/data/tar.h"
#include "core/text/csv.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;
using Take = std::function<Result<>(const Sample&)>;

// Numbers the samples of a split over its shards.
struct Stream {
  const Dataset& dataset;
  const Take& take;
  std::unordered_map<std::string_view, int32_t> classes;  // views into the dataset
  int64_t row = 0;
  std::string key;

  Stream(const Dataset& from, const Take& to) : dataset(from), take(to) {
    for (const std::string& label : from.classes)
      classes.emplace(label, static_cast<int32_t>(classes.size()));
  }

  int32_t class_of(std::string_view label) const {
    const auto found = classes.find(label);
    return found == classes.end() ? -1 : found->second;
  }

  Result<> pass(Sample& sample) {
    if (sample.key.empty()) {
      key = std::to_string(row);
      sample.key = key;
    }
    ++row;
    return take(sample);
  }
};

Result<> read_images(Stream& stream, std::string_view shard, const std::string& where) {
  Sample sample;
  std::string source;
  // KEY.EXT opens a sample, KEY.cls and KEY.json complete it.
  const auto member = [&](const TarMember& each) -> Result<> {
    const size_t dot = each.name.find('.');
    const std::string_view key = each.name.substr(0, dot),
                           extension = each.name.substr(std::min(dot, each.name.size() - 1) + 1);
    if (extension == "cls") {
      const Result<int64_t> label = parse_int(trim(each.bytes));
      if (!label || *label < 0 || *label >= static_cast<int64_t>(stream.dataset.classes.size())) {
        return fail(Exit::integrity, fmt::format("{} is not a class index", each.name), {}, where);
      }
      sample.label = static_cast<int32_t>(*label);
      return {};
    }
    if (extension != "json") {
      sample = Sample{};
      sample.key = key;
      sample.image = each.bytes;
      sample.extension = extension;
      return {};
    }
    const Json facts = TRY(parse_json(each.bytes, where));
    if (sample.label < 0)  // every picture of a dataset has a class
      return fail(Exit::integrity, fmt::format("{} has no class index", key), {}, where);
    const auto told = facts.is_object() ? facts.find("source") : facts.end();
    source = told != facts.end() && told->is_string() ? told->get<std::string>() : std::string();
    sample.source = source;
    return stream.pass(sample);
  };
  return for_each_tar_member(shard, where, member);
}

Result<> read_texts(Stream& stream, std::string_view shard, const std::string& where) {
  for (size_t at = 0; at < shard.size();) {
    const size_t end = std::min(shard.find('\n', at), shard.size());
    const Json line = TRY(parse_json(shard.substr(at, end - at), where));
    at = end + 1;
    const auto text = line.find("text"), label = line.find("label");
    if (text == line.end() || !text->is_string()) {
      return fail(Exit::integrity, fmt::format("line {} has no text", stream.row + 1), {}, where);
    }
    Sample sample;
    sample.text = text->get_ref<const std::string&>();
    sample.fields = {sample.text};
    if (label != line.end() && label->is_string()) {
      sample.fields.emplace_back(label->get_ref<const std::string&>());
      sample.label = stream.class_of(sample.fields.back());
    }
    if (sample.fields.size() < stream.dataset.columns.size())  // whoever takes it counts on a field a column
      return fail(Exit::integrity, fmt::format("line {} has no label", stream.row + 1), {}, where);
    TRY(stream.pass(sample));
  }
  return {};
}

Result<> read_rows(Stream& stream, std::string_view shard, const std::string& where) {
  const std::vector<Column>& columns = stream.dataset.columns;
  const Column* label = stream.dataset.classification() ? stream.dataset.column(Role::label) : nullptr;
  CsvReader reader(shard, ',');
  Sample sample;
  reader.next(sample.fields);  // the header
  while (reader.next(sample.fields)) {
    if (sample.fields.size() != columns.size()) {
      return fail(Exit::integrity,
                  fmt::format("row {} has {} fields, the dataset has {} columns", stream.row + 1,
                              sample.fields.size(), columns.size()),
                  {}, where);
    }
    sample.key = {};
    if (label != nullptr)
      sample.label = stream.class_of(sample.fields[static_cast<size_t>(label - columns.data())]);
    TRY(stream.pass(sample));
  }
  return {};
}

Result<const Split*> find_split(const Shards& shards, const Dataset& dataset, const std::string& split) {
  const auto found = dataset.splits.find(split);
  if (found != dataset.splits.end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [each, ignored] : dataset.splits) names.push_back(each);
  return fail(Exit::not_found, fmt::format("{} has no split \"{}\"", shards.name(), split),
              "it has: " + join(names, ", "));
}

// Only what is listed with its digest is read.
Result<> read_shards(Stream& stream, Shards& shards, const std::vector<InsidePath>& paths) {
  const std::vector<FileEntry> files = TRY(listed(stream.dataset.files, paths, shards.name()));
  const auto read = stream.dataset.kind == DatasetKind::image  ? read_images
                    : stream.dataset.kind == DatasetKind::text ? read_texts
                                                               : read_rows;
  return shards.read(
      files, [&](const std::string& where, std::string_view bytes) { return read(stream, bytes, where); });
}

}  // namespace

Result<> for_each_sample(Shards& shards, const Dataset& dataset, const std::string& split, const Take& take) {
  const Split* found = TRY(find_split(shards, dataset, split));
  Stream stream(dataset, take);
  return read_shards(stream, shards, found->files);
}

Result<> for_each_sample(const std::filesystem::path& folder, const Dataset& dataset,
                         const std::string& split, const Take& take) {
  ShardFolder shards(folder);
  return for_each_sample(shards, dataset, split, take);
}

Result<> for_each_sample_in_shard(Shards& shards, const Dataset& dataset, const std::string& split,
                                  size_t shard, const Take& take) {
  const Split* found = TRY(find_split(shards, dataset, split));
  Stream stream(dataset, take);
  const auto& counts = found->shard_samples;
  stream.row = std::accumulate(counts.begin(), counts.begin() + static_cast<ptrdiff_t>(shard), int64_t{0});
  return read_shards(stream, shards, {found->files[shard]});
}

}  // namespace mlctl
