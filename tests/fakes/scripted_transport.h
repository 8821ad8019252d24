#pragma once
// A store's client whose requests are answered by a function instead of a network.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cloud/http/pool.h"
#include "cloud/store/client.h"
#include "fakes/fake_clock.h"
#include "fakes/temp_folder.h"

namespace mlctl::test {

struct Seen {
  std::string host, method, target, body;
  HttpHeaders headers;
};

using Answer = std::function<Result<http::Response>(const Seen&)>;

inline http::Response reply(int status, std::string body = {}, HttpHeaders headers = {}) {
  return {status, std::move(headers), std::move(body), true};
}

class ScriptedTransport : public http::Transport {
 public:
  ScriptedTransport(Answer answer, std::vector<Seen>& seen) : answer_(std::move(answer)), seen_(seen) {}

  Result<http::Response> send(const http::Peer& peer, http::Request request,
                              const http::Sink* sink) override {
    const std::lock_guard hold(mutex_);
    Seen seen{peer.host, request.method, request.target, std::string(request.body), request.headers};
    if (request.produce != nullptr)
      TRY((*request.produce)([&](std::string_view piece) -> Result<> {
        seen.body += piece;
        return {};
      }));
    seen_.push_back(seen);
    http::Response response = TRY(answer_(seen));
    if (sink == nullptr || response.status / 100 != 2) return response;
    if (sink->begin) TRY(sink->begin(response));
    TRY(sink->take(response.body));
    response.body.clear();
    return response;
  }

 private:
  std::mutex mutex_;
  Answer answer_;
  std::vector<Seen>& seen_;
};

class FixedKeys : public CredentialsSource {
 public:
  Result<Credentials> load() override { return Credentials{"AKID", "secret", {}, 0, "test"}; }
};

// A client of s3://bucket at http://store.test:9000, without a network, a clock that sleeps for nothing, and
// what it asked.
struct ScriptedStore {
  explicit ScriptedStore(Answer answer, const sys::StopFlag* stop = nullptr) {
    StoreSettings settings{*find_service("s3"), "bucket", parse_url("http://store.test:9000").value(), true,
                           "eu-test-1"};
    auto facts = std::make_unique<EndpointFacts>(folder / "facts", settings.endpoint, clock);
    client = std::make_shared<StoreClient>(
        std::move(settings), std::make_shared<CredentialsCache>(std::make_unique<FixedKeys>(), clock),
        std::make_unique<ScriptedTransport>(std::move(answer), seen), std::move(facts), clock, stop);
  }

  TempFolder folder;
  FakeClock clock;
  std::vector<Seen> seen;
  std::shared_ptr<StoreClient> client;
};

}  // namespace mlctl::test
