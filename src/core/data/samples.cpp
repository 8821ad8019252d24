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

// KEY.EXT opens a sample of an image shard, KEY.cls and KEY.json complete it, in this order.
class ImageMembers {
 public:
  ImageMembers(Stream& stream, const std::string& where) : stream_(stream), where_(where) {}

  Result<> take(const TarMember& member) {
    const size_t dot = member.name.find('.');
    const std::string_view key = member.name.substr(0, dot),
                           extension = member.name.substr(std::min(dot, member.name.size() - 1) + 1);
    const bool completes = extension == "cls" || extension == "json";
    if (completes != open_ || (open_ && key != sample_.key))
      return wrong(fmt::format("{} stands where it completes no picture", member.name));
    if (extension == "cls") return label(member);
    if (extension == "json") return complete(member.bytes);
    sample_ = Sample{};
    sample_.key = key;
    sample_.image = member.bytes;
    sample_.extension = extension;
    open_ = true;
    return {};
  }

  Result<> end() const { return open_ ? wrong(fmt::format("{} has no .json", sample_.key)) : Result<>(); }

 private:
  Result<> wrong(std::string why) const { return fail(Exit::integrity, std::move(why), {}, where_); }

  Result<> label(const TarMember& member) {
    const Result<int64_t> index = parse_int(trim(member.bytes));
    if (!index || *index < 0 || *index >= static_cast<int64_t>(stream_.dataset.classes.size()))
      return wrong(fmt::format("{} is not a class index", member.name));
    sample_.label = static_cast<int32_t>(*index);
    return {};
  }

  Result<> complete(std::string_view facts_of) {
    const Json facts = TRY(parse_json(facts_of, where_));
    if (sample_.label < 0)  // every picture of a dataset has a class
      return wrong(fmt::format("{} has no class index", sample_.key));
    const auto told = facts.is_object() ? facts.find("source") : facts.end();
    source_ = told != facts.end() && told->is_string() ? told->get<std::string>() : std::string();
    sample_.source = source_;
    open_ = false;
    return stream_.pass(sample_);
  }

  Stream& stream_;
  const std::string& where_;
  Sample sample_;
  std::string source_;
  bool open_ = false;  // a picture waits to be completed
};

Result<> read_images(Stream& stream, std::string_view shard, const std::string& where) {
  ImageMembers members(stream, where);
  TRY(for_each_tar_member(shard, where, [&](const TarMember& member) { return members.take(member); }));
  return members.end();
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

// Reads the shards of a split from number `first` up to `end`. Only files that are listed with a digest are
// read, and each must hold the number of samples that is listed.
Result<> read_shards(Stream& stream, Shards& shards, const Split& split, size_t first, size_t end) {
  const auto at = [](const auto& list, size_t index) { return list.begin() + static_cast<ptrdiff_t>(index); };
  const std::vector<FileEntry> files =
      TRY(listed(stream.dataset.files, {at(split.files, first), at(split.files, end)}, shards.name()));
  const auto read = stream.dataset.kind == DatasetKind::image  ? read_images
                    : stream.dataset.kind == DatasetKind::text ? read_texts
                                                               : read_rows;
  stream.row = std::accumulate(split.shard_samples.begin(), at(split.shard_samples, first), int64_t{0});
  size_t shard = first;
  return shards.read(files, [&](const std::string& where, std::string_view bytes) -> Result<> {
    const int64_t before = stream.row, expected = split.shard_samples[shard++];
    TRY(read(stream, bytes, where));
    const int64_t found = stream.row - before;
    if (found == expected) return {};
    return fail(Exit::integrity, fmt::format("{} samples, dataset.json says {}", found, expected), {}, where);
  });
}

}  // namespace

Result<> for_each_sample(Shards& shards, const Dataset& dataset, const std::string& split, const Take& take) {
  const Split* found = TRY(find_split(shards, dataset, split));
  Stream stream(dataset, take);
  return read_shards(stream, shards, *found, 0, found->files.size());
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
  return read_shards(stream, shards, *found, shard, shard + 1);
}

}  // namespace mlctl
