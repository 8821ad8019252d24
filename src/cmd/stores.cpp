#include "cmd/stores.h"

#include <fmt/format.h>

#include "cloud/credentials/chain.h"
#include "cloud/credentials/http.h"
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

Result<StoreDefaults> store_defaults(const Context& context, const Service& service) {
  const auto spec = TRY(read_config(context.config_file(), context.env));
  const auto values = TRY(profile_values(spec, profile_name(spec, context.flags.profile, context.env)));
  const auto value = [&](const char* key) { return default_value(values, key, context.env).value_or(""); };
  return StoreDefaults{value("endpoint"), value("region"), service.scheme == "s3" ? value("awsProfile") : ""};
}

void declare_store(Flags& flags, StoreOptions& options) {
  flags.option("--endpoint", "URL", options.endpoint,
               "the store's address (else AWS_ENDPOINT_URL, OSS_ENDPOINT)");
  flags.option("--region", "NAME", options.region, "the bucket's region (else AWS_REGION, OSS_REGION)");
  flags.option("--ca-cert", "FILE", options.ca_file,
               "certificates to trust beside the system's (else AWS_CA_BUNDLE)");
  flags.option("--limit-rate", "SIZE", options.limit_rate, "bytes per second at most: 500K, 10M");
  flags.flag("--insecure", options.insecure, "take any certificate");
}

void declare_stored_object(Flags& flags, StoreOptions& options) {
  flags.list("--metadata", "KEY=VALUE", options.metadata, "keep this with every object (repeatable)");
  flags.list("--tag", "KEY=VALUE", options.tags, "tag every object (repeatable)");
  flags.option("--content-type", "TYPE", options.content_type, "of every object (else by its extension)");
  flags.option("--storage-class", "NAME", options.storage_class,
               "as the store calls it: STANDARD_IA, Archive, …");
  flags.option("--sse", "METHOD", options.encryption,
               "encrypt at rest: AES256 or aws:kms (OSS: AES256, KMS)");
  flags.option("--sse-kms-key", "ID", options.kms_key, "the key of aws:kms");
  flags.option("--part-size", "SIZE", options.part_size,
               "of the parts that large objects are sent, and copied, in (else by the object's size)");
  flags.option("--acl", "NAME", options.acl, "who may read: private, public-read, …");
}

void declare_customer_key(Flags& flags, StoreOptions& options) {
  flags.option("--sse-c-key", "FILE", options.customer_key,
               "encrypted with the key in this file, 32 bytes or their base64, which the store does not keep",
               Value::file);
}

void declare_version(Flags& flags, StoreOptions& options) {
  flags.option("--version-id", "ID", options.version,
               "this version of the object (ls --versions names them)");
}

void declare_links(Flags& flags, StoreOptions& options) {
  flags.flag("--follow-links", options.follow_links,
             "symbolic links in a folder stand for what they lead to, each folder once (else they are passed "
             "over)");
}

void tell_passed_over(Context& context, const ObjectStore& store, bool can_follow) {
  if (store.passed_over() == nullptr) return;
  sys::PassedOver named = *store.passed_over();
  for (sys::PassedOver::Name& name : named.names) name.path = store.url(name.path.string());
  for (const std::string& sentence : sys::sentences(named, can_follow ? "--follow-links" : ""))
    context.io.warn(sentence);
}

Result<> check_place(const std::string& url_or_path) {
  const Location location = TRY(parse_location(url_or_path));
  if (location.scheme == "file" || service_of(location) != nullptr) return {};
  const std::string near = did_you_mean(location.scheme, {"s3", "oss", "gs", "file"});
  return fail(Exit::usage, fmt::format("{}: there is no store {}://", url_or_path, location.scheme),
              near.empty() ? "use s3://, oss://, gs://, file:// or a path"
                           : fmt::format("did you mean {}://?", near));
}

namespace {

// `bucket` "": about the service itself.
Result<std::shared_ptr<StoreClient>> open_client(Context& context, const Service& service,
                                                 const std::string& bucket, const StoreOptions& options) {
  const StoreDefaults defaults = TRY(store_defaults(context, service));
  const StoreRequestFlags flags{options.endpoint, options.region, defaults.cloud_profile, defaults.endpoint,
                                defaults.region};
  StoreSettings settings = TRY(bucket.empty() ? settings_for_service(service, flags, context.env)
                                              : settings_for(service, bucket, flags, context.env));
  settings.put_headers = TRY(put_headers(service, options));
  if (context.io.verbosity == Verbosity::verbose)  // above a bar, if there is one
    settings.trace = [&io = context.io](const std::string& line) {
      if (io.err_is_tty) io.clear_line();
      io.detail(line);
    };
  settings.content_type = options.content_type;
  settings.version = options.version;
  if (!options.customer_key.empty()) {
    const std::string text = TRY(sys::read_input(options.customer_key, uint64_t{64} << 10));
    settings.key_headers = TRY(customer_key_headers(service, settings.endpoint, text, options.customer_key));
  }
  if (!options.part_size.empty()) settings.part_size = TRY(parse_bytes(options.part_size));
  if (!options.limit_rate.empty()) settings.bytes_per_second = TRY(parse_bytes(options.limit_rate));
  wire::Options wire;
  wire.verify = !options.insecure;
  wire.ca_file = options.ca_file.empty() ? context.env.get("AWS_CA_BUNDLE").value_or("") : options.ca_file;
  wire::Options keys_wire = wire;
  keys_wire.verify = true;  // --insecure is about the store: who gives the keys must prove who it is
  const auto keys = credentials_for(service, defaults.cloud_profile, context.env, context.clock,
                                    make_keys_http(keys_wire, context.env));
  auto facts =
      std::make_unique<EndpointFacts>(context.cache_folder() / "endpoints", settings.endpoint, context.clock);
  return std::make_shared<StoreClient>(std::move(settings), keys, wire, std::move(facts), context.env,
                                       context.clock, &context.stop);
}

}  // namespace

bool names_no_bucket(const std::string& url) {
  const Result<Location> location = parse_location(url);
  return location && service_of(*location) != nullptr &&
         location->path.find_first_not_of('/') == std::string::npos;
}

Result<std::vector<Bucket>> list_buckets(Context& context, const std::string& url,
                                         const StoreOptions& options) {
  const Service& service = *service_of(TRY(parse_location(url)));
  const auto client = TRY(open_client(context, service, "", options));
  HttpHeaders headers;
  const std::string project = context.env.first_of({"GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"});
  if (service.scheme == "gs" && !project.empty()) headers.emplace_back("x-goog-project-id", project);
  return client->buckets(headers);
}

Result<BucketPlace> open_bucket(Context& context, const std::string& url, const StoreOptions& options) {
  TRY(check_place(url));
  const Location location = TRY(parse_location(url));
  const Service* const service = service_of(location);
  if (service == nullptr) return fail(Exit::usage, fmt::format("{} is not in an object store", url));
  const std::string bucket = location.path.substr(0, location.path.find('/'));
  if (bucket.empty())
    return fail(Exit::usage, fmt::format("{} names no bucket", url),
                fmt::format("write {}://BUCKET/KEY; mlctl ls {}:// lists the buckets", service->scheme,
                            service->scheme));
  auto client = TRY(open_client(context, *service, bucket, options));
  BucketPlace place{std::make_unique<HttpStore>(std::move(client), context.user_state_folder() / "transfers"),
                    {},
                    location.path.ends_with('/')};
  std::string key = location.path.size() > bucket.size() ? location.path.substr(bucket.size() + 1) : "";
  while (key.ends_with('/')) key.pop_back();
  place.key = std::move(key);
  if (place.key.empty()) place.slash = true;  // a bucket is no object: what is put "there" goes below it
  return place;
}

Result<std::vector<Upload>> incomplete_uploads(const BucketPlace& place) {
  std::vector<Upload> uploads = TRY(place.store->incomplete(place.key));
  std::erase_if(uploads, [&](const Upload& upload) {
    return upload.key != place.key && !upload.key.starts_with(place.prefix());
  });
  return uploads;
}

Result<Place> open_place(Context& context, const std::string& url_or_path, const StoreOptions& options) {
  TRY(check_place(url_or_path));
  const Location location = TRY(parse_location(url_or_path));
  if (service_of(location) == nullptr)
    return open_file_place(
        url_or_path, {options.follow_links ? sys::Links::follow : sys::Links::pass_over, &context.stop});
  BucketPlace bucket = TRY(open_bucket(context, url_or_path, options));
  return Place{std::move(bucket.store), std::move(bucket.key), bucket.slash};
}

}  // namespace mlctl
