#include "cloud/store/open.h"

#include <fmt/format.h>

#include "cloud/credentials/chain.h"
#include "cloud/http/client.h"
#include "cloud/store/customer_key.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/manifest/config.h"
#include "core/store/file_store.h"
#include "core/store/location.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

const Service* service_of(const Location& location) {
  return find_service(location.scheme);
}

// KEY=VALUE pairs as headers, or as one header's query string.
Result<> check_pair(const std::string& pair, const char* flag) {
  const size_t equals = pair.find('=');
  if (equals != std::string::npos && equals > 0) return {};
  return fail(Exit::usage, fmt::format("{} {}: not KEY=VALUE", flag, pair));
}

Result<HttpHeaders> put_headers(const Service& service, const StoreOptions& options) {
  const std::string& prefix = service.header_prefix;
  HttpHeaders headers;
  for (const std::string& pair : options.metadata) {
    TRY(check_pair(pair, "--metadata"));
    const size_t equals = pair.find('=');
    headers.emplace_back(prefix + "meta-" + to_lower(pair.substr(0, equals)), pair.substr(equals + 1));
  }
  std::string tags;
  for (const std::string& pair : options.tags) {
    TRY(check_pair(pair, "--tag"));
    const size_t equals = pair.find('=');
    tags += (tags.empty() ? "" : "&") + percent_encode(pair.substr(0, equals), false) + "=" +
            percent_encode(pair.substr(equals + 1), false);
  }
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) headers.emplace_back(name, value);
  };
  const bool google = service.scheme == "gs";
  if (google && !tags.empty())
    return fail(Exit::usage, "--tag: Google's objects have no tags", "use --metadata");
  add(prefix + "tagging", tags);
  add(prefix + "storage-class", options.storage_class);
  add(service.scheme == "oss" ? "x-oss-object-acl" : prefix + "acl", options.acl);
  if (google) {  // encrypts everything, with a key of yours if it is named
    add("x-goog-encryption-kms-key-name", options.kms_key);
    return headers;
  }
  add(prefix + "server-side-encryption", options.encryption);
  add(service.scheme == "oss" ? "x-oss-server-side-encryption-key-id"
                              : prefix + "server-side-encryption-aws-kms-key-id",
      options.kms_key);
  return headers;
}

}  // namespace

Result<> check_place(const std::string& url_or_path) {
  const Location location = TRY(parse_location(url_or_path));
  if (location.scheme == "file" || service_of(location) != nullptr) return {};
  const std::string near = did_you_mean(location.scheme, {"s3", "oss", "gs", "file"});
  return fail(Exit::usage, fmt::format("{}: there is no store {}://", url_or_path, location.scheme),
              near.empty() ? "use s3://, oss://, gs://, file:// or a path"
                           : fmt::format("did you mean {}://?", near));
}

bool names_no_bucket(const std::string& url) {
  const Result<Location> location = parse_location(url);
  return location && service_of(*location) != nullptr &&
         location->path.find_first_not_of('/') == std::string::npos;
}

Result<std::vector<Upload>> incomplete_uploads(const BucketPlace& place) {
  std::vector<Upload> uploads = TRY(place.store->incomplete(place.key));
  std::erase_if(uploads, [&](const Upload& upload) {
    return upload.key != place.key && !upload.key.starts_with(place.prefix());
  });
  return uploads;
}

Result<StoreDefaults> Stores::defaults(const Service& service) const {
  const auto spec = TRY(read_config(around_.config, around_.env));
  const auto values = TRY(profile_values(spec, profile_name(spec, around_.profile, around_.env)));
  const auto value = [&](const char* key) { return default_value(values, key, around_.env).value_or(""); };
  return StoreDefaults{value("endpoint"), value("region"), service.scheme == "s3" ? value("awsProfile") : ""};
}

Result<std::shared_ptr<StoreClient>> Stores::client(const Service& service, const std::string& bucket,
                                                    const StoreOptions& options) const {
  const StoreDefaults usual = TRY(defaults(service));
  const StoreRequestFlags flags{options.endpoint, options.region, usual.cloud_profile, usual.endpoint,
                                usual.region};
  StoreSettings settings = TRY(bucket.empty() ? settings_for_service(service, flags, around_.env)
                                              : settings_for(service, bucket, flags, around_.env));
  settings.put_headers = TRY(put_headers(service, options));
  settings.trace = around_.trace;
  settings.content_type = options.content_type;
  settings.version = options.version;
  if (!options.customer_key.empty()) {
    const std::string text = TRY(sys::read_input(options.customer_key, uint64_t{64} << 10));
    settings.key_headers = TRY(customer_key_headers(service, settings.endpoint, text, options.customer_key));
  }
  if (!options.part_size.empty()) settings.part_size = TRY(parse_bytes(options.part_size));
  if (!options.limit_rate.empty()) settings.bytes_per_second = TRY(parse_bytes(options.limit_rate));
  http::Options http;
  http.stop = &around_.stop;
  http.tls.verify = !options.insecure;
  http.tls.ca_file =
      options.ca_file.empty() ? around_.env.get("AWS_CA_BUNDLE").value_or("") : options.ca_file;
  http::ClientOptions for_keys{http, false};
  for_keys.http.tls.verify = true;  // --insecure is about the store: who gives the keys must prove who it is
  const auto keys = credentials_for(service, usual.cloud_profile, around_.env, around_.clock,
                                    http::make_client(std::move(for_keys), around_.env));
  auto facts = std::make_unique<EndpointFacts>(around_.cache / "endpoints", settings.endpoint, around_.clock);
  return std::make_shared<StoreClient>(std::move(settings), keys,
                                       std::make_unique<http::Pool>(std::move(http), around_.env),
                                       std::move(facts), around_.clock, &around_.stop);
}

Result<std::vector<Bucket>> Stores::buckets(const std::string& url, const StoreOptions& options) const {
  const Service& service = *service_of(TRY(parse_location(url)));
  const auto asked = TRY(client(service, "", options));
  HttpHeaders headers;
  const std::string project = around_.env.first_of({"GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"});
  if (service.scheme == "gs" && !project.empty()) headers.emplace_back("x-goog-project-id", project);
  return asked->buckets(headers);
}

Result<BucketPlace> Stores::open_bucket(const std::string& url, const StoreOptions& options) const {
  TRY(check_place(url));
  const Location location = TRY(parse_location(url));
  const Service* const service = service_of(location);
  if (service == nullptr) return fail(Exit::usage, fmt::format("{} is not in an object store", url));
  const std::string bucket = location.path.substr(0, location.path.find('/'));
  if (bucket.empty())
    return fail(Exit::usage, fmt::format("{} names no bucket", url),
                fmt::format("write {}://BUCKET/KEY; mlctl ls {}:// lists the buckets", service->scheme,
                            service->scheme));
  BucketPlace place{std::make_unique<HttpStore>(TRY(client(*service, bucket, options)), around_.transfers),
                    {},
                    location.path.ends_with('/')};
  std::string key = location.path.size() > bucket.size() ? location.path.substr(bucket.size() + 1) : "";
  while (key.ends_with('/')) key.pop_back();
  place.key = std::move(key);
  if (place.key.empty()) place.slash = true;  // a bucket is no object: what is put "there" goes below it
  return place;
}

Result<Place> Stores::open(const std::string& url_or_path, const StoreOptions& options) const {
  TRY(check_place(url_or_path));
  if (!is_stored(url_or_path))
    return open_file_place(
        url_or_path, {options.follow_links ? sys::Links::follow : sys::Links::pass_over, &around_.stop});
  BucketPlace bucket = TRY(open_bucket(url_or_path, options));
  return Place{std::move(bucket.store), std::move(bucket.key), bucket.slash};
}

}  // namespace mlctl
