#pragma once
// What mlctl has learnt about an endpoint from its answers, kept for later commands: the regions of its
// buckets, and whether it keeps our checksums. Only differences from what would be assumed are kept, and
// nothing relies on them: an answer that shows otherwise corrects them.
//
//   FOLDER/HASH.json   {endpoint, ignoresChecksums: TIME, regions: {BUCKET: {region, learnt: TIME}}}

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/base/mutex.h"
#include "core/net/http.h"
#include "core/sys/clock.h"

namespace mlctl {

// Whether the text can be the name of a region; it becomes part of hosts and headers.
bool is_region(std::string_view name);

// Times are milliseconds since 1970; 0: not known.
struct Facts {
  struct Region {
    std::string name;
    int64_t learnt = 0;
    bool operator==(const Region&) const = default;
  };
  int64_t ignores_checksums = 0;
  std::map<std::string, Region> regions;  // by bucket
};

// Facts older than a week, or that can't be read, are left out.
Facts parse_facts(const std::string& text, int64_t now_millis);
std::string facts_text(const std::string& endpoint, const Facts& facts);

// Safe to use from many threads. The file is read by the constructor and written when something new is
// learnt; if it can't be written, the command goes on without it.
class EndpointFacts {
 public:
  EndpointFacts(const std::filesystem::path& folder, const Url& endpoint, sys::Clock& clock);
  bool keeps_checksums() const;
  std::string region(const std::string& bucket) const;  // "": not known
  void learn_checksums(bool kept);
  void learn_region(const std::string& bucket, const std::string& region);  // "": forgets what was known

 private:
  void change(const std::function<bool(Facts&)>& how);  // `how` returns false when nothing changed

  std::string endpoint_;
  std::filesystem::path file_;
  sys::Clock& clock_;
  mutable Mutex mutex_;  // of what follows
  Facts facts_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace mlctl
