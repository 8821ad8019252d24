#include "cloud/credentials/chain.h"

#include <algorithm>

#include <fmt/format.h>

#include "cloud/credentials/alibaba.h"
#include "cloud/credentials/aws.h"
#include "cloud/credentials/google.h"

namespace mlctl {

namespace {

struct Vendor {
  const char* scheme;
  const std::vector<keys::Source>& (*sources)();
  Result<ProfileSettings> (*settings)(const std::string& profile, const sys::Env& env);
  const char* remedy;
};

constexpr Vendor kVendors[] = {
    {"s3", keys::aws_sources, keys::aws_settings,
     "aws configure, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
    {"oss", keys::alibaba_sources, keys::alibaba_settings,
     "aliyun configure, or set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET"},
    {"gs", keys::google_sources,
     +[](const std::string&, const sys::Env&) -> Result<ProfileSettings> { return ProfileSettings{}; },
     "gcloud auth application-default login, "
     "or set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file"},
};

const Vendor& vendor_of(const Service& service) {
  for (const Vendor& vendor : kVendors)
    if (service.scheme == vendor.scheme) return vendor;
  return kVendors[0];
}

constexpr double kHurry = 1;  // seconds

// Calls that together may take at most a second.
class HurriedHttp : public Http {
 public:
  HurriedHttp(Http& http, sys::Clock& clock)
      : http_(http), clock_(clock), until_(clock.monotonic() + kHurry) {}
  Result<HttpResponse> send(const Call& call) override {
    const double left = until_ - clock_.monotonic();
    if (left <= 0) return fail(Exit::timeout, "no answer within a second");
    Call hurried = call;
    hurried.timeout = std::min(call.timeout, left);
    return http_.send(hurried);
  }

 private:
  Http& http_;
  sys::Clock& clock_;
  double until_;
};

class Chain : public CredentialsSource {
 public:
  Chain(const Service& service, std::string profile, sys::Env env, sys::Clock& clock,
        std::shared_ptr<Http> http)
      : scheme_(service.scheme),
        vendor_(vendor_of(service)),
        profile_(std::move(profile)),
        env_(std::move(env)),
        clock_(clock),
        http_(std::move(http)) {}

  Result<Credentials> load() override {
    const keys::Asking asking{profile_, env_, clock_, *http_};
    std::string places;
    for (const keys::Source& source : vendor_.sources()) {
      std::optional<Credentials> found = TRY(source.look(asking));
      if (found) return *std::move(found);
      places += (places.empty() ? "" : ", ") + source.place;
    }
    return fail(Exit::auth, fmt::format("there are no keys for {}://: looked at {}", scheme_, places),
                vendor_.remedy);
  }

 private:
  std::string scheme_;
  const Vendor& vendor_;
  std::string profile_;
  sys::Env env_;
  sys::Clock& clock_;
  std::shared_ptr<Http> http_;
};

}  // namespace

Result<std::string> keys_in_words(const Service& service, const std::string& profile, const sys::Env& env,
                                  sys::Clock& clock, Http& http, const std::string& maker) {
  HurriedHttp hurried(http, clock);
  const keys::Asking asking{profile, env, clock, hurried, kHurry};
  for (const keys::Source& source : vendor_of(service).sources()) {
    if (!source.maker.empty() && maker.find(source.maker) == std::string::npos) continue;
    if (const std::optional<Credentials> found = TRY(source.look(asking))) return found->source;
  }
  return std::string();
}

std::shared_ptr<CredentialsCache> credentials_for(const Service& service, const std::string& profile,
                                                  const sys::Env& env, sys::Clock& clock,
                                                  std::shared_ptr<Http> http) {
  return std::make_shared<CredentialsCache>(
      std::make_unique<Chain>(service, profile, env, clock, std::move(http)), clock);
}

Result<ProfileSettings> profile_settings(const Service& service, const std::string& profile,
                                         const sys::Env& env) {
  return vendor_of(service).settings(profile, env);
}

}  // namespace mlctl
