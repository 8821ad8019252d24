#include "cmd/shell/store_completion.h"

#include <csignal>

#include <unistd.h>

#include "cmd/shell/workspace.h"

namespace mlctl {

namespace {

// Tab must answer within two seconds, whatever hangs: a name look-up, a server, a source of keys.
class Patience {
 public:
  Patience() {
    std::signal(SIGALRM, [](int) { ::_exit(0); });
    ::alarm(2);
  }
  ~Patience() {
    ::alarm(0);
    std::signal(SIGALRM, SIG_DFL);
  }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
};

// "s3://ph": the bucket's name is being typed.
Completion bucket_values(Context& context, const std::string& word) {
  Completion found;
  const std::string scheme = word.substr(0, word.find("://") + 3);
  const Patience patience;
  const Result<std::vector<Bucket>> buckets = stores(context).buckets(scheme, {});
  if (!buckets) return found;
  for (const Bucket& bucket : *buckets) {
    const std::string url = scheme + bucket.name + "/";
    if (url.starts_with(word)) found.candidates.push_back({url, ""});
  }
  found.no_space = true;
  return found;
}

}  // namespace

Completion complete_store(Context& context, const std::string& word) {
  constexpr size_t kMost = 1000;
  Completion found;
  const size_t slash = word.rfind('/');
  if (!is_stored(word)) return found;
  if (slash < word.find("://") + 3) return bucket_values(context, word);
  const Patience patience;
  const std::string folder = word.substr(0, slash + 1);
  const Result<Place> place = open_place(context, folder);
  if (!place) return found;
  const size_t base = place->prefix().size();
  static_cast<void>(place->store->list(place->prefix(), false, [&](const ObjectInfo& object) -> Result<> {
    const std::string url = folder + object.key.substr(base);
    if (!url.starts_with(word)) return {};
    found.candidates.push_back({url, ""});
    found.no_space |= object.folder();
    return found.candidates.size() < kMost ? Result<>() : fail(Exit::interrupted, "enough");
  }));
  return found;
}

}  // namespace mlctl
