#include "cloud/store/service.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cloud/credentials/chain.h"
#include "core/base/strings.h"

namespace mlctl {

namespace {

using Kind = Checksum::Kind;

const std::array<Service, 3>& services() {
  static const std::array<Service, 3> kServices = {
      Service{.scheme = "s3",
              .header_prefix = "x-amz-",
              .signature = SignatureKind::v4,
              .signing_name = "s3",
              .checksum = Kind::crc64_nvme,
              .checksum_header = "x-amz-checksum-crc64nvme",
              .sends_checksum = true,
              .copies_conditionally = false},
      Service{.scheme = "oss",
              .header_prefix = "x-oss-",
              .signature = SignatureKind::oss_v4,
              .signing_name = "oss",
              .checksum = Kind::crc64_xz,
              .checksum_header = "x-oss-hash-crc64ecma",
              .smallest_part = 100u << 10,
              .copied_at_once = uint64_t{1} << 30,
              .only_new = {"x-oss-forbid-overwrite", "true"}},
      Service{.scheme = "gs",
              .header_prefix = "x-goog-",
              .signature = SignatureKind::v4,
              .signing_name = "storage",
              .checksum = Kind::crc32c,
              .checksum_header = "x-goog-hash",
              .takes_checksum = true,
              .deletes_many = false,
              .completes_conditionally = false,
              .copies_parts = false,
              .version_item = "generation",
              .only_new = {"x-goog-if-generation-match", "0"}},
  };
  return kServices;
}

bool is_address(const std::string& host) {
  return host == "localhost" || host.find(':') != std::string::npos ||
         host.find_first_not_of("0123456789.") == std::string::npos;
}

// Each service's own variables, and its default endpoint.
std::string region_variable(const Service& service, const sys::Env& env) {
  if (service.scheme == "oss") return env.first_of({"OSS_REGION", "ALIBABA_CLOUD_REGION_ID"});
  return service.scheme == "s3" ? env.first_of({"AWS_REGION", "AWS_DEFAULT_REGION"}) : "";
}

std::string endpoint_variable(const Service& service, const sys::Env& env) {
  if (service.scheme == "oss") return env.first_of({"OSS_ENDPOINT"});
  if (service.scheme == "gs")
    return env.first_of({"STORAGE_EMULATOR_HOST", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"});
  return env.first_of({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT_URL"});
}

std::string usual_region(const Service& service) {
  return service.scheme == "oss" ? "cn-hangzhou" : service.scheme == "gs" ? "auto" : "us-east-1";
}

std::string usual_endpoint(const Service& service, const std::string& region) {
  if (service.scheme == "gs") return "https://storage.googleapis.com";
  if (service.scheme == "oss") return fmt::format("https://oss-{}.aliyuncs.com", region);
  return fmt::format("https://s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

// Flag, variable, mlctl's profile, the vendor's files.
std::string first_set(std::initializer_list<std::string> values) {
  for (const std::string& value : values)
    if (!value.empty()) return value;
  return {};
}

// docs.aws.amazon.com, "General purpose bucket naming rules"; OSS's and Google's allow no more but "_" and
// dots.
Result<> check_bucket(const std::string& bucket, const Service& service) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  const bool edges =
      !bucket.empty() && bucket.front() != '-' && bucket.back() != '-' && bucket.front() != '.';
  if (bucket.size() >= 3 && bucket.size() <= 63 && edges && std::all_of(bucket.begin(), bucket.end(), legal))
    return {};
  if (bucket.empty())
    return fail(Exit::usage, fmt::format("{}:// names no bucket", service.scheme),
                fmt::format("write {}://BUCKET/KEY", service.scheme));
  return fail(Exit::usage, fmt::format("\"{}\" is not a bucket's name", bucket),
              "3 to 63 lower-case letters, digits, \"-\" and \".\", with a letter or digit at both ends");
}

Result<StoreSettings> decide(const Service& service, const std::string& bucket,
                             const StoreRequestFlags& flags, const sys::Env& env) {
  StoreSettings settings;
  settings.service = service;
  settings.bucket = bucket;
  const ProfileSettings files = TRY(profile_settings(service, flags.profile, env));
  settings.region = first_set(
      {flags.region, region_variable(service, env), flags.usual_region, files.region, usual_region(service)});
  if (service.scheme == "oss" && settings.region.starts_with("oss-")) settings.region.erase(0, 4);
  std::string endpoint =
      first_set({flags.endpoint, endpoint_variable(service, env), flags.usual_endpoint, files.endpoint});
  const bool own = !endpoint.empty();
  if (!own) endpoint = usual_endpoint(service, settings.region);
  if (endpoint.find("://") == std::string::npos) endpoint = "https://" + endpoint;
  settings.endpoint = TRY(parse_url(endpoint));
  const std::string& host = settings.endpoint.host;
  // A bucket with dots has no certificate of its own below the endpoint's.
  const bool dotted = bucket.find('.') != std::string::npos && settings.endpoint.scheme == "https";
  const bool style = service.scheme == "s3" ? own && host.find("amazonaws.com") == std::string::npos : false;
  settings.path_style = is_address(host) || dotted || style || service.scheme == "gs";
  if (service.scheme == "oss" && env.first_of({"OSS_SIGNATURE_VERSION"}) == "v1")
    settings.service.signature = SignatureKind::oss_v1;
  return settings;
}

}  // namespace

const Service* find_service(std::string_view scheme) {
  const auto& all = services();
  const auto* const found =
      std::find_if(all.begin(), all.end(), [&](const Service& service) { return service.scheme == scheme; });
  return found == all.end() ? nullptr : found;
}

Result<StoreSettings> settings_for(const Service& service, const std::string& bucket,
                                   const StoreRequestFlags& flags, const sys::Env& env) {
  TRY(check_bucket(bucket, service));
  return decide(service, bucket, flags, env);
}

Result<StoreSettings> settings_for_service(const Service& service, const StoreRequestFlags& flags,
                                           const sys::Env& env) {
  return decide(service, "", flags, env);
}

}  // namespace mlctl
