#pragma once
// Sends a store's requests: signed, retried, redirected to the right region, with the clock corrected. An
// answer that is an error becomes an Error that names the bucket or object, the store's own code, and the
// remedy.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "cloud/http/pace.h"
#include "cloud/http/pool.h"
#include "cloud/http/retry.h"
#include "cloud/store/errors.h"
#include "cloud/store/facts.h"
#include "cloud/store/service.h"
#include "cloud/store/xml.h"
#include "core/base/budget.h"
#include "core/base/mutex.h"
#include "core/sys/clock.h"
#include "core/sys/stop.h"

namespace mlctl {

// A body that can be sent more than once; `read` as in Content.
struct Payload {
  uint64_t size = 0;
  std::function<Result<>(const TakeBytes&)> read{};  // null: an empty body
  std::string sha256{};                              // hexadecimal; "" = summed here when it must be signed
};

struct StoreCall {
  StoreRequest request;  // bucket, host and style are filled in
  Payload payload{};
  const http::Sink* sink = nullptr;  // once it was given bytes, retrying is up to the caller
  bool of_service = false;           // about the service, not a bucket
  int tried = 1;                     // which try it is
  bool whole_answer = false;         // a 200 may hold an <Error> (Complete, Copy, Delete)
};

class StoreClient {
 public:
  StoreClient(StoreSettings settings, std::shared_ptr<CredentialsCache> credentials,
              std::unique_ptr<http::Transport> transport, std::unique_ptr<EndpointFacts> facts,
              sys::Clock& clock, const sys::StopFlag* stop);

  Result<http::Response> send(StoreCall call);
  const StoreSettings& settings() const { return settings_; }
  // Whether the store accepts our checksum and keeps it. True until an answer shows otherwise.
  bool keeps_checksums() const { return keeps_checksums_; }
  void learn_checksums(bool kept);
  std::string url(const std::string& key) const;
  size_t at_once() const { return gate_.limit(); }  // requests the store can take right now
  // A link that reads an object without keys, valid for `seconds`. No keys to sign with → 4.
  Result<std::string> presign(const std::string& key, int64_t seconds);
  // The buckets that the keys may list. Google's belong to a project, which `headers` names if the keys do
  // not tell it.
  Result<std::vector<Bucket>> buckets(const HttpHeaders& headers);
  Budget& room() { return room_; }  // for bytes on their way from another store to this one

 private:
  struct Target {
    http::Peer peer;
    std::string host;  // header
  };
  Target target(bool of_service) const;
  std::string region() const;
  Result<> sign(StoreRequest& request, const Payload& payload, bool tls);
  Result<http::Response> attempt(const StoreCall& call);
  void show(const StoreCall& call, const Result<http::Response>& response, double seconds) const;
  Result<http::Response> exchange(const StoreCall& call);
  Result<http::Response> explained(const StoreCall& call, Result<http::Response> response);
  // Learns from a failed answer: the clock, the region, that keys have expired. True: try again at once.
  bool learn(const http::Response& response, const StoreError& error);
  // The bucket with the most similar name among those that the keys may list; else "". Asked for once.
  std::string nearest_bucket();
  Error error_of(const StoreCall& call, const http::Response& response, const StoreError& error) const;

  bool learn_region(const std::string& named);  // false: nothing new
  StoreSettings settings_;
  std::shared_ptr<CredentialsCache> credentials_;
  std::unique_ptr<EndpointFacts> facts_;
  sys::Clock& clock_;
  const sys::StopFlag* stop_;
  std::unique_ptr<http::Transport> transport_;
  RetryBudget budget_;
  RequestGate gate_;
  Budget room_{uint64_t{64} << 20};
  std::atomic<bool> keeps_checksums_;
  std::atomic<bool> answered_{false};     // the store has answered at least once, even with an error
  std::atomic<int64_t> clock_offset_{0};  // milliseconds the store is ahead
  mutable Mutex mutex_;                   // of what follows
  std::string region_ MLCTL_GUARDED_BY(mutex_);
  bool region_of_old_ MLCTL_GUARDED_BY(mutex_);  // region_ was learnt by an earlier command
  std::once_flag buckets_asked_;
  std::string nearest_bucket_;
};

}  // namespace mlctl
