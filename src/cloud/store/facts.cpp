#include "cloud/store/facts.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/sys/fs.h"
#include "core/text/json.h"

namespace mlctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kWeek = int64_t{7} * 24 * 3600 * 1000;

bool fresh(int64_t learnt, int64_t now) {
  return learnt > now - kWeek && learnt <= now + kWeek;
}

}  // namespace

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Facts parse_facts(const std::string& text, int64_t now_millis) {
  try {
    Facts facts;
    const Json json = json_or_discarded(text);
    facts.ignores_checksums = json.value("ignoresChecksums", int64_t{0});
    if (!fresh(facts.ignores_checksums, now_millis)) facts.ignores_checksums = 0;
    const Json regions = json.value("regions", Json::object());
    for (const auto& [bucket, each] : regions.items()) {
      Facts::Region region{each.at("region"), each.at("learnt")};
      if (fresh(region.learnt, now_millis) && is_region(region.name))
        facts.regions[bucket] = std::move(region);
    }
    return facts;
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

std::string facts_text(const std::string& endpoint, const Facts& facts) {
  Json json = {{"endpoint", endpoint}};
  if (facts.ignores_checksums != 0) json["ignoresChecksums"] = facts.ignores_checksums;
  for (const auto& [bucket, region] : facts.regions)
    json["regions"][bucket] = {{"region", region.name}, {"learnt", region.learnt}};
  return dump_json(json, 2) + "\n";
}

EndpointFacts::EndpointFacts(const std::filesystem::path& folder, const Url& endpoint, sys::Clock& clock)
    : endpoint_(fmt::format("{}://{}:{}", endpoint.scheme, endpoint.host, endpoint.port)),
      file_(folder / fmt::format("{:016x}.json", hash64(endpoint_))),
      clock_(clock),
      facts_(parse_facts(sys::read_file(file_, limits::kStateBytes).value_or(""), clock.unix_millis())) {}

bool EndpointFacts::keeps_checksums() const {
  const Hold hold(mutex_);
  return facts_.ignores_checksums == 0;
}

std::string EndpointFacts::region(const std::string& bucket) const {
  const Hold hold(mutex_);
  const auto found = facts_.regions.find(bucket);
  return found == facts_.regions.end() ? "" : found->second.name;
}

void EndpointFacts::learn_checksums(bool kept) {
  change([&](Facts& facts) {
    if ((facts.ignores_checksums == 0) == kept) return false;
    facts.ignores_checksums = kept ? 0 : clock_.unix_millis();
    return true;
  });
}

void EndpointFacts::learn_region(const std::string& bucket, const std::string& region) {
  change([&](Facts& facts) {
    if (region.empty()) return facts.regions.erase(bucket) > 0;
    Facts::Region& kept = facts.regions[bucket];
    if (kept.name == region) return false;
    kept = {region, clock_.unix_millis()};
    return true;
  });
}

// Changes the facts as the file has them now: other commands write it, too.
void EndpointFacts::change(const std::function<bool(Facts&)>& how) {
  const Hold hold(mutex_);
  if (!how(facts_)) return;
  Facts now = parse_facts(sys::read_file(file_, limits::kStateBytes).value_or(""), clock_.unix_millis());
  if (!how(now)) return;
  const Result<sys::PathAt> place = sys::private_place(file_.parent_path(), file_.filename());
  if (place) static_cast<void>(sys::write_file(*place, facts_text(endpoint_, now), 0600));
}

}  // namespace mlctl
