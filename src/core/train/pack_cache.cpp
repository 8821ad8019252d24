#include "core/train/pack_cache.h"

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/engine/network_json.h"
#include "core/text/json.h"
#include "core/text/json_fields.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;  // raised when the same inputs decode to other bytes
constexpr const char* kPack = "pack";
constexpr const char* kFacts = "pack.json";

// An upper bound of what is fixed in size by the sample; of texts, as much as the dataset has.
uint64_t bytes_expected(const PackRequest& request) {
  const InputSpec& input = request.model.network.input;
  const auto samples = static_cast<uint64_t>(request.dataset.splits.at(request.split).samples);
  if (input.kind == InputKind::image)
    return samples * static_cast<uint64_t>(input.channels * input.height * input.width + 4);
  uint64_t bytes = 0;
  for (const FileEntry& file : request.dataset.files) bytes += file.size;
  return 4 * bytes;
}

Result<Json> facts_of(const sys::PathAt& pack) {
  Json files = Json::object();
  for (const sys::Entry& file : TRY(sys::list_files(pack.path()))) {
    const sys::Mapping mapping = TRY(sys::Mapping::open(pack / file.path.string()));
    files[file.path.string()] = {{"size", mapping.bytes().size()}, {"xxh3", hash64(mapping.bytes())}};
  }
  return files;
}

// How many samples it holds, when every file is as it was left.
std::optional<int64_t> samples_in(const sys::PathAt& folder) {
  const Result<std::string> text = sys::read_file(folder / kFacts, limits::kStateBytes);
  if (!text) return {};
  const Result<int64_t> samples = decode_json("", Exit::integrity, [&]() -> Result<int64_t> {
    const Json facts = json_or_discarded(*text);
    const Fields fields(facts);
    if (fields.get<Json>("files") != TRY(facts_of(folder / kPack))) return fail(Exit::integrity, "");
    return fields.get<int64_t>("samples");
  });
  return samples ? std::optional(*samples) : std::nullopt;
}

}  // namespace

std::string pack_id(const Model& model, const std::string& dataset_digest, const std::string& split) {
  const Json whole = to_json(model);
  const Json key = {{"format", kFormat},
                    {"dataset", dataset_digest},
                    {"split", split},
                    {"task", whole.at("task")},
                    {"classes", whole.at("classes")},
                    {"preprocess", whole.at("preprocess")},
                    {"input", whole.at("network").at("input")}};
  return sha256_hex(dump_json(key)).substr(0, 32);
}

Result<> PackCache::make(const PackRequest& request, const std::string& id, const std::string& name,
                         const sys::StopFlag& stop, const std::function<void(uint64_t)>& advance) const {
  const sys::PathAt folder = TRY(cache_.place(id));
  PackRequest here = request;
  here.folder = folder / kPack;
  const int64_t samples = TRY(pack_split(here, stop, advance));
  Listing listing;
  for (const sys::Entry& file : TRY(sys::list_files(here.folder.path()))) listing.bytes += file.size;
  TRY(cache_.make_room(listing.bytes, id));
  const Json facts = {{"samples", samples}, {"files", TRY(facts_of(here.folder))}};
  TRY(sys::write_file(folder / kFacts, dump_json(facts)));
  return cache_.note(id, name, listing);
}

Result<std::optional<KeptPack>> PackCache::get(const PackRequest& request, const std::string& dataset_digest,
                                               const sys::StopFlag& stop, sys::Clock& clock,
                                               const std::function<void(uint64_t)>& advance) const {
  if (bytes_expected(request) > cache_.bound()) return std::optional<KeptPack>();
  const std::string id = pack_id(request.model, dataset_digest, request.split);
  const std::string name = fmt::format("the split {} of {}", request.split, request.shards.name());
  for (bool damaged = false;; damaged = true) {
    bool packing = false;
    Result<sys::SharedLock> held = cache_.keep(id, name, stop, clock, [&] {
      packing = true;
      return make(request, id, name, stop, advance);
    });
    const bool no_room = !held && held.error().code == Exit::resource;
    if (!held && (stop || (packing && !no_room))) return fail(held.error());
    if (!held) return std::optional<KeptPack>();
    const sys::PathAt folder = TRY(cache_.place(id));
    if (const std::optional<int64_t> samples = samples_in(folder))
      return KeptPack{folder / kPack, *samples, std::move(*held)};
    if (damaged) return std::optional<KeptPack>();
    TRY(sys::remove_tree(folder / "source.json"));  // not whole any more: made anew
  }
}

}  // namespace mlctl
