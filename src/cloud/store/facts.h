#pragma once
// What answers taught of an endpoint, kept for the commands to come: where its buckets are, and whether it
// keeps our checksums. Only what differs from what would be assumed, and nothing that needs to be true: an
// answer that shows otherwise corrects it.
//
//   FOLDER/HASH.json   {endpoint, ignoresChecksums: TIME, regions: {BUCKET: {region, learnt: TIME}}}

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/net/http.h"
#include "core/sys/clock.h"

namespace mlctl {

// Whether that is the name of a region: it becomes part of hosts and headers.
bool is_region(std::string_view name);

// Times are milliseconds since 1970; 0: not so.
struct Facts {
  struct Region {
    std::string name;
    int64_t learnt = 0;
    bool operator==(const Region&) const = default;
  };
  int64_t ignores_checksums = 0;
  std::map<std::string, Region> regions;  // by bucket
};

// Of what is older than a week, or cannot be read, nothing is known.
Facts parse_facts(const std::string& text, int64_t now_millis);
std::string facts_text(const std::string& endpoint, const Facts& facts);

// Safe to use from many threads. A file is read when one is made, and written when something new is learnt;
// where it cannot be written the command goes on without.
class EndpointFacts {
 public:
  EndpointFacts(const std::filesystem::path& folder, const Url& endpoint, sys::Clock& clock);
  bool keeps_checksums() const;
  std::string region(const std::string& bucket) const;  // "": not known
  void learn_checksums(bool kept);
  void learn_region(const std::string& bucket, const std::string& region);  // "": what was known is wrong

 private:
  void change(const std::function<bool(Facts&)>& how);  // false: it is as it was

  std::string endpoint_;
  std::filesystem::path file_;
  sys::Clock& clock_;
  mutable std::mutex mutex_;  // of what follows
  Facts facts_;
};

}  // namespace mlctl
