#include "cloud/store/client.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "cloud/sign/oss.h"
#include "cloud/sign/sigv4.h"
#include "cloud/store/listing.h"
#include "cloud/store/trace.h"
#include "core/base/base64.h"
#include "core/base/hash.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

// Bodies up to this are read once, summed and sent from memory; larger ones are read twice.
constexpr uint64_t kHeld = uint64_t{1} << 20;

Result<std::string> hash_of(const Payload& payload, const std::string& held) {
  if (!payload.sha256.empty()) return payload.sha256;
  Sha256 hash;
  if (payload.size <= kHeld) {
    hash.update(held);
  } else {
    TRY(payload.read([&](std::string_view bytes) -> Result<> {
      hash.update(bytes);
      return {};
    }));
  }
  return hash.hex();
}

Result<std::string> held_body(const Payload& payload) {
  std::string held;
  if (payload.read == nullptr || payload.size > kHeld) return held;
  held.reserve(payload.size);
  TRY(payload.read([&](std::string_view bytes) -> Result<> {
    held += bytes;
    return {};
  }));
  return held;
}

// The error that an answer states. OSS states it in a header when the answer has no body (HEAD).
StoreError said_in(const http::Response& response) {
  const std::string_view header_form = header(response.headers, "x-oss-err");
  return parse_store_error(header_form.empty() ? response.body : base64_decode(header_form));
}

StoreCall bucket_listing(const Service& service, const std::string& next, const HttpHeaders& headers) {
  StoreCall call;
  call.request = {"GET", {}, "", false, {}, headers};
  call.of_service = true;
  if (service.scheme == "oss") call.request.query = {{"max-keys", "1000"}};
  if (!next.empty())
    call.request.query.emplace_back(service.scheme == "oss" ? "marker" : "continuation-token", next);
  return call;
}

int64_t parse_http_date(const std::string& text) {
  std::tm t{};
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &t) == nullptr) return 0;
  return static_cast<int64_t>(timegm(&t)) * 1000;
}

}  // namespace

StoreClient::StoreClient(StoreSettings settings, std::shared_ptr<CredentialsCache> credentials,
                         std::unique_ptr<http::Transport> transport, std::unique_ptr<EndpointFacts> facts,
                         sys::Clock& clock, const sys::StopFlag* stop)
    : settings_(std::move(settings)),
      credentials_(std::move(credentials)),
      facts_(std::move(facts)),
      clock_(clock),
      stop_(stop),
      transport_(std::move(transport)),
      budget_(mix64(static_cast<uint64_t>(clock.unix_millis()) ^ static_cast<uint64_t>(::getpid()))),
      gate_(settings_.width, settings_.bytes_per_second, clock),
      keeps_checksums_(settings_.service.sends_checksum && facts_->keeps_checksums()),
      region_(facts_->region(settings_.bucket)),
      region_of_old_(!region_.empty()) {
  if (region_.empty()) region_ = settings_.region;
}

void StoreClient::learn_checksums(bool kept) {
  keeps_checksums_ = kept;
  facts_->learn_checksums(kept);
}

std::string StoreClient::url(const std::string& key) const {
  return settings_.service.scheme + "://" + settings_.bucket + "/" + key;
}

std::string StoreClient::region() const {
  const Hold hold(mutex_);
  return region_;
}

StoreClient::Target StoreClient::target(bool of_service) const {
  const Url& endpoint = settings_.endpoint;
  Target target{{endpoint.scheme == "https", endpoint.host, endpoint.port}, endpoint.host};
  // AWS answers for a region's buckets under that region's name.
  const std::string from = "s3." + settings_.region + ".amazonaws.com",
                    now = "s3." + region() + ".amazonaws.com";
  if (target.host.starts_with(from)) target.host = now + target.host.substr(from.size());
  if (!settings_.path_style && !of_service) target.host = settings_.bucket + "." + target.host;
  target.peer.host = target.host;
  if (target.host.find(':') != std::string::npos) target.host = "[" + target.host + "]";
  if (endpoint.port != (target.peer.tls ? "443" : "80")) target.host += ":" + endpoint.port;
  return target;
}

Result<> StoreClient::sign(StoreRequest& request, const Payload& payload, bool tls) {
  const SigningScope scope{region(), settings_.service.signing_name, clock_.unix_millis() + clock_offset_};
  if (settings_.service.signature == SignatureKind::none) return {};
  const Credentials keys = TRY(credentials_->get());
  if (keys.is_bearer()) {
    request.headers.emplace_back("authorization", "Bearer " + keys.token);
    return {};
  }
  switch (settings_.service.signature) {
    case SignatureKind::v4:
      sign_v4(request, keys, scope, tls ? kUnsignedPayload : payload.sha256);
      break;
    case SignatureKind::oss_v4:
      sign_oss_v4(request, keys, scope);
      break;
    case SignatureKind::oss_v1:
      sign_oss_v1(request, keys, scope.time_millis);
      break;
    case SignatureKind::none:
      break;
  }
  return {};
}

Result<http::Response> StoreClient::exchange(const StoreCall& call) {
  const Target to = target(call.of_service);
  StoreRequest request = call.request;
  request.bucket = call.of_service ? "" : settings_.bucket;
  request.path_style = settings_.path_style;
  request.headers.emplace_back("host", to.host);
  Payload payload = call.payload;
  const std::string held = TRY(held_body(payload));
  if (settings_.signs_payload()) payload.sha256 = TRY(hash_of(payload, held));
  TRY(sign(request, payload, to.peer.tls));
  const std::string query = wire_query(request.query);
  http::Request message{request.method, wire_path(request) + (query.empty() ? "" : "?" + query),
                        std::move(request.headers), held,
                        request.method == "PUT" || request.method == "POST"};
  message.headers.emplace_back("user-agent", "mlctl");
  if (payload.read != nullptr && payload.size > kHeld) {
    message.produce = &payload.read;
    message.produced_size = payload.size;
  }
  return transport_->send(to.peer, std::move(message), call.sink);
}

// One try, within the number of requests that the store can take and the bytes per second that the user
// allows.
Result<http::Response> StoreClient::attempt(const StoreCall& call) {
  uint64_t bytes = 0;
  const auto counted = [&](const TakeBytes& take) {
    return [&bytes, &take, this](std::string_view piece) {
      bytes += piece.size();
      gate_.pass(piece.size());
      return take(piece);
    };
  };
  StoreCall metered = call;
  http::Sink sink;
  if (call.sink != nullptr) {
    sink = {call.sink->begin, counted(call.sink->take)};
    metered.sink = &sink;
  }
  if (call.payload.read) {
    metered.payload.read = [&](const TakeBytes& take) {
      return call.payload.read([&, pass = counted(take)](std::string_view piece) -> Result<> {
        if (stop_ != nullptr && *stop_) return fail(stop_->code(), "stopped");
        return pass(piece);
      });
    };
  }
  gate_.enter();
  const double began = clock_.monotonic();
  Result<http::Response> response = exchange(metered);
  if (settings_.trace) show(call, response, clock_.monotonic() - began);
  gate_.leave(bytes, response && (response->status == 503 || response->status == 429));
  return response;
}

void StoreClient::show(const StoreCall& call, const Result<http::Response>& response, double seconds) const {
  StoreRequest request = call.request;
  request.bucket = call.of_service ? "" : settings_.bucket;
  request.path_style = settings_.path_style;
  const std::string origin = settings_.endpoint.scheme + "://" + target(call.of_service).host;
  settings_.trace(trace_line({request.method, shown_url(origin, request), response ? response->status : 0,
                              response ? "" : response.error().message, seconds, call.tried}));
}

bool StoreClient::learn(const http::Response& response, const StoreError& error) {
  if (error.code == "RequestTimeTooSkewed") {
    const int64_t theirs = parse_http_date(std::string(header(response.headers, "date")));
    const int64_t offset = theirs - clock_.unix_millis();
    return theirs != 0 && std::abs(offset - clock_offset_.exchange(offset)) > 1000;
  }
  if (error.code == "ExpiredToken" || error.code == "SecurityTokenExpired") {
    credentials_->forget();
    return true;
  }
  std::string named(header(response.headers, settings_.service.header_prefix + "bucket-region"));
  if (named.empty()) named = error.region;
  const bool elsewhere = response.status == 301 || response.status == 307 || response.status == 400;
  if (elsewhere && is_region(named)) return learn_region(named);
  // Not every store says that a signature is wrong because of the region in it.
  const bool maybe_elsewhere =
      error.code == "SignatureDoesNotMatch" || error.code == "AuthorizationHeaderMalformed";
  return maybe_elsewhere && learn_region("");
}

bool StoreClient::learn_region(const std::string& named) {
  const Hold hold(mutex_);
  if (named.empty() && !region_of_old_) return false;
  region_of_old_ = false;
  const std::string before = std::exchange(region_, named.empty() ? settings_.region : named);
  facts_->learn_region(settings_.bucket, named);
  return before != region_;
}

// An answer to HEAD has no body that says why it was refused, so one byte is read to find out.
Result<http::Response> StoreClient::explained(const StoreCall& call, Result<http::Response> response) {
  if (!response || call.request.method != "HEAD") return response;
  const bool mute = (response->status == 400 || response->status == 403 || response->status == 301) &&
                    said_in(*response).code.empty();
  if (!mute) return response;
  StoreCall aloud = call;
  aloud.request.method = "GET";
  aloud.request.headers.emplace_back("range", "bytes=0-0");
  Result<http::Response> said = attempt(aloud);
  return said && said->status / 100 != 2 ? said : response;
}

Result<http::Response> StoreClient::send(StoreCall call) {
  bool touched = false;
  const http::Sink* const sink = call.sink;
  http::Sink watched;
  if (sink != nullptr) {
    watched = {sink->begin, [&](std::string_view bytes) {
                 touched = true;
                 return sink->take(bytes);
               }};
  }
  if (sink != nullptr) call.sink = &watched;
  int learned = 0;
  for (int tried = 1;; ++tried) {
    if (stop_ != nullptr && *stop_) return fail(stop_->code(), "stopped");
    call.tried = tried;
    Result<http::Response> response = explained(call, attempt(call));
    std::optional<double> asked;
    Error error;
    bool again = false;
    if (response) {
      answered_ = true;
      const bool good = response->status / 100 == 2;
      const StoreError said = good && !call.whole_answer ? StoreError{} : said_in(*response);
      if (good && said.code.empty()) {
        budget_.give();
        return response;
      }
      if (learned < 3 && learn(*response, said)) {
        ++learned;
        continue;
      }
      error = error_of(call, *response, said);
      if (said.code == "NoSuchBucket" && !nearest_bucket().empty())
        error.hint = fmt::format("did you mean {}://{}?", settings_.service.scheme, nearest_bucket());
      again = is_transient(response->status, said.code);
      asked = retry_after(response->headers, clock_.unix_millis());
    } else {
      error = response.error();
      again = (error.code == Exit::network || error.code == Exit::timeout) &&
              !error.message.starts_with("the certif");
    }
    if (again && asked.value_or(0) > kLongestPause) {
      error.hint =
          fmt::format("the store asks to wait {}: run the same command again then", human_duration(*asked));
      again = false;
    }
    if (!again || touched || tried >= tries_worth(answered_, error.code) || !budget_.take())
      return fail(std::move(error));
    clock_.sleep(asked.value_or(budget_.pause(tried)));
  }
}

Result<std::string> StoreClient::presign(const std::string& key, int64_t seconds) {
  const Target to = target(false);
  StoreRequest request{"GET", settings_.bucket, key, settings_.path_style, {}, {{"host", to.host}}};
  if (!settings_.version.empty())
    request.query.emplace_back(settings_.service.version_item, settings_.version);
  const Credentials keys = TRY(credentials_->get());
  if (keys.is_bearer())
    return fail(Exit::auth, "a link is signed with a key, and these credentials are a token",
                "use an HMAC key: GS_ACCESS_KEY_ID and GS_SECRET_ACCESS_KEY");
  const SigningScope scope{region(), settings_.service.signing_name, clock_.unix_millis() + clock_offset_};
  switch (settings_.service.signature) {
    case SignatureKind::v4:
      presign_v4(request, keys, scope, seconds);
      break;
    case SignatureKind::oss_v4:
      presign_oss_v4(request, keys, scope, seconds);
      break;
    case SignatureKind::oss_v1:
      presign_oss_v1(request, keys, scope.time_millis / 1000 + seconds);
      break;
    case SignatureKind::none:
      break;
  }
  return settings_.endpoint.scheme + "://" + to.host + wire_path(request) + "?" + wire_query(request.query);
}

Result<std::vector<Bucket>> StoreClient::buckets(const HttpHeaders& headers) {
  std::vector<Bucket> all;
  std::string next;
  ListingCheck check("", settings_.service.scheme + "://");
  do {
    const http::Response response = TRY(send(bucket_listing(settings_.service, next, headers)));
    BucketPage page = TRY(parse_buckets(response.body));
    TRY(check.page(page.buckets.empty() ? "" : page.buckets.front().name));
    all.insert(all.end(), page.buckets.begin(), page.buckets.end());
    next = page.next;
  } while (!next.empty());
  return all;
}

std::string StoreClient::nearest_bucket() {
  std::call_once(buckets_asked_, [this] {
    const Result<http::Response> response = attempt(bucket_listing(settings_.service, "", {}));
    if (!response || response->status != 200) return;  // not everyone may
    const Result<BucketPage> page = parse_buckets(response->body);
    std::vector<std::string> names;
    if (page)
      for (const Bucket& bucket : page->buckets) names.push_back(bucket.name);
    nearest_bucket_ = did_you_mean(settings_.bucket, names);
  });
  return nearest_bucket_;
}

Error StoreClient::error_of(const StoreCall& call, const http::Response& response,
                            const StoreError& said) const {
  return store_error({call.request.method,
                      call.of_service ? "the list of buckets of " + settings_.service.scheme + "://"
                      : call.request.key.empty() ? settings_.service.scheme + "://" + settings_.bucket
                                                 : url(call.request.key),
                      settings_.bucket, response.status},
                     said);
}

}  // namespace mlctl
