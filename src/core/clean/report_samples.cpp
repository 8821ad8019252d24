#include "core/clean/report_samples.h"

#include <algorithm>

#include "core/base/strings.h"
#include "core/clean/pii.h"
#include "core/data/samples.h"
#include "core/image/image.h"
#include "core/text/json.h"

namespace mlctl {

using Json = nlohmann::ordered_json;

namespace {

constexpr int64_t kThumbnail = 96;  // pixels of the longer side
constexpr size_t kTextBytes = 300;

std::string thumbnail(std::string_view image) {
  const Result<Pixels> pixels = decode_image(image);
  if (!pixels) return {};
  const int64_t longer = std::max(pixels->width, pixels->height);
  if (longer <= kThumbnail) return encode_png(*pixels);
  const auto scaled = [&](int64_t side) { return std::max<int64_t>(1, side * kThumbnail / longer); };
  return encode_png(resize(*pixels, scaled(pixels->width), scaled(pixels->height)));
}

std::string shortened(std::string text) {
  PiiMasker::Counts ignored{};
  PiiMasker(PiiMasker::Style::redact, "").mask(text, ignored);
  if (text.size() <= kTextBytes) return text;
  size_t end = kTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

std::string row_text(const Dataset& dataset, const Sample& sample) {
  std::vector<std::string> cells;
  for (size_t c = 0; c < sample.fields.size(); ++c)
    cells.push_back(dataset.columns[c].name + "=" + std::string(sample.fields[c]));
  return join(cells, ", ");
}

Exhibit exhibit(const Dataset& dataset, const Sample& sample) {
  Exhibit shown;
  const bool known = sample.label >= 0 && static_cast<size_t>(sample.label) < dataset.classes.size();
  if (known) shown.label = dataset.classes[static_cast<size_t>(sample.label)];
  if (dataset.kind == DatasetKind::image) {
    shown.thumbnail = thumbnail(sample.image);
  } else {
    shown.text =
        shortened(dataset.kind == DatasetKind::text ? std::string(sample.text) : row_text(dataset, sample));
  }
  return shown;
}

Result<Finding> finding_of(std::string_view line, const std::string& where) {
  const Json json = TRY(parse_json(line, where));
  return decode_json(where, Exit::integrity, [&]() -> Result<Finding> {
    Finding finding;
    finding.place = json.contains("item")
                        ? json.at("item").get<std::string>()
                        : json.at("split").get<std::string>() + "/" + json.at("key").get<std::string>();
    finding.reason = json.at("reason").get<std::string>();
    finding.detail = json.value("detail", std::string());
    finding.other = json.value("other", std::string());
    return finding;
  });
}

}  // namespace

Result<std::map<std::string, std::vector<Finding>>> sample_findings(Shards& shards, const Dataset& dataset,
                                                                    const std::string& jsonl,
                                                                    size_t of_each) {
  std::map<std::string, std::vector<Finding>> findings;
  std::vector<FileEntry> files = dataset.files;
  std::erase_if(files, [&](const FileEntry& file) { return file.path.text() != jsonl; });
  const auto take = [&](const std::string& where, std::string_view text) -> Result<> {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      Finding finding = TRY(finding_of(text.substr(at, end - at), where));
      std::vector<Finding>& same = findings[finding.reason];
      if (same.size() < of_each) same.push_back(std::move(finding));
      at = end + 1;
    }
    return {};
  };
  TRY(shards.read(files, take));
  return findings;
}

Result<std::map<std::string, Exhibit>> exhibits_of(Shards& shards, const Dataset& dataset,
                                                   const std::set<std::string>& places) {
  std::map<std::string, Exhibit> exhibits;
  for (const auto& [name, split] : dataset.splits) {
    const auto first = places.lower_bound(name + "/");
    if (first == places.end() || !first->starts_with(name + "/")) continue;
    TRY(for_each_sample(shards, dataset, name, [&](const Sample& sample) -> Result<> {
      const std::string place = name + "/" + std::string(sample.key);
      if (places.contains(place)) exhibits.emplace(place, exhibit(dataset, sample));
      return {};
    }));
  }
  return exhibits;
}

}  // namespace mlctl
