#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/list_stream.h"
#include "cmd/shell/store_flags.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/store/location.h"
#include "core/store/object_store.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::string url, presign;
  bool recursive = false, incomplete = false, versions = false;
  StoreOptions store;
};

constexpr double kLongestLink = 7 * 24 * 3600;  // signatures allow no more

void declare(Flags& flags, Options& options) {
  flags.positional(
      "URL", options.url,
      "a prefix or an object: s3://…, oss://…, gs://…, file:///… or a path; s3:// alone: its buckets",
      Value::stored);
  flags.flag("-r,--recursive", options.recursive, "everything below, not just one level");
  flags.flag("--incomplete", options.incomplete, "uploads that were begun and not ended: they take space");
  flags.flag("--versions", options.versions,
             "every version of the object, or of those below, and where it was deleted");
  flags
      .option("--presign", "TIME", options.presign,
              "print a link to the object that works without keys for so long: 30m, 1h, 7d at most")
      .must([](const std::string& text) -> Result<> {
        const double seconds = TRY(parse_duration(text));
        if (seconds >= 1 && seconds <= kLongestLink) return {};
        return fail(Exit::usage, fmt::format("--presign {}: between 1s and 7d", text));
      });
  declare_links(flags, options.store);
  declare_customer_key(flags, options.store);
  declare_version(flags, options.store);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  if (options.versions && options.incomplete)
    return fail(Exit::usage, "--versions and --incomplete: one of them");
  if (!options.presign.empty() && (options.versions || options.incomplete || options.recursive))
    return fail(Exit::usage, "--presign is about one object");
  return {};
}

// What the URL names: the object itself, or what lies below it.
Result<> show_found(const Place& place, bool recursive, const TakeObject& take) {
  if (!place.slash) {
    if (const Result<ObjectInfo> object = place.store->head(place.key)) return take(*object);
  }
  return place.store->list(place.prefix(), recursive, take);
}

// Whether a bucket or folder exists and is empty: then an empty listing is the right answer, not an error.
bool is_empty_container(const Place& place, const std::string& url) {
  const Result<std::filesystem::path> path = local_path(url);
  return path ? sys::is_folder(*path) : place.key.empty();
}

RunResult run_buckets(const Options& options, Context& context) {
  const std::string scheme = TRY(parse_location(options.url)).scheme;
  ListStream list(context, {"NAME", "CREATED"});
  for (const Bucket& bucket : TRY(stores(context).buckets(options.url, options.store))) {
    const std::string url = scheme + "://" + bucket.name, created = sys::rfc3339(bucket.created_millis);
    Json item = {{"kind", "Bucket"}, {"name", bucket.name}, {"url", url}, {"created", created}};
    if (!bucket.region.empty()) item["region"] = bucket.region;
    TRY(list.add(std::move(item), url, {bucket.name, created.substr(0, 19) + "Z"}));
  }
  TRY(list.finish());
  return Exit::ok;
}

RunResult run_incomplete(const Options& options, Context& context) {
  const BucketPlace place = TRY(stores(context).open_bucket(options.url, options.store));
  ListStream list(context, {"NAME", "BEGUN", "UPLOAD"});
  for (const Upload& upload : TRY(incomplete_uploads(place))) {
    const std::string url = place.store->url(upload.key), begun = sys::rfc3339(upload.initiated_millis);
    TRY(list.add({{"kind", "Upload"}, {"url", url}, {"uploadId", upload.id}, {"begun", begun}}, url,
                 {upload.key, begun.substr(0, 19) + "Z", upload.id}));
  }
  TRY(list.finish());
  return Exit::ok;
}

RunResult run_presign(const Options& options, Context& context) {
  const BucketPlace place = TRY(stores(context).open_bucket(options.url, options.store));
  TRY(place.store->head(place.key));
  const auto seconds = static_cast<int64_t>(TRY(parse_duration(options.presign)));
  const std::string link = TRY(place.store->link(place.key, seconds));
  const Json result =
      document("Link", {{"url", options.url},
                        {"link", link},
                        {"expires", sys::rfc3339(context.clock.unix_millis() + seconds * 1000)}});
  TRY(print(context, result, link, [&](bool) { return link + "\n"; }));
  return Exit::ok;
}

RunResult run_versions(const Options& options, Context& context) {
  const BucketPlace place = TRY(stores(context).open_bucket(options.url, options.store));
  ListStream list(context, {"NAME", "SIZE", "MODIFIED", "STATE", "VERSION"});
  TRY(place.store->versions(
      place.slash ? place.prefix() : place.key, [&](const ObjectVersion& version) -> Result<> {
        if (context.stop) return fail(context.stop.code(), "stopped");
        const ObjectInfo& object = version.object;
        if (object.key != place.key && !object.key.starts_with(place.prefix())) return {};
        const std::string url = place.store->url(object.key), modified = sys::rfc3339(object.modified_millis);
        return list.add(
            {{"kind", "Version"},
             {"url", url},
             {"versionId", version.id},
             {"size", object.size},
             {"modified", modified},
             {"latest", version.latest},
             {"deleted", version.deleted}},
            url,
            {object.key, version.deleted ? "-" : human_bytes(object.size), modified.substr(0, 19) + "Z",
             version.deleted  ? "deleted"
             : version.latest ? "latest"
                              : "older",
             version.id});
      }));
  if (list.count() == 0)
    return fail(Exit::not_found, fmt::format("there is nothing at {}", place.store->url(place.key)),
                "check the URL");
  TRY(list.finish());
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  const bool simple = options.presign.empty() && !options.versions && !options.incomplete;
  if (simple && names_no_bucket(options.url)) return run_buckets(options, context);
  if (!options.presign.empty()) return run_presign(options, context);
  if (options.versions) return run_versions(options, context);
  if (options.incomplete) return run_incomplete(options, context);
  const Place place = TRY(open_place(context, options.url, options.store));
  ListStream list(context, {"NAME", "SIZE", "MODIFIED"});
  TRY(show_found(place, options.recursive, [&](const ObjectInfo& object) -> Result<> {
    if (context.stop) return fail(context.stop.code(), "stopped");
    const std::string name = object.key == place.key ? object.key.substr(object.key.rfind('/') + 1)
                                                     : object.key.substr(place.prefix().size());
    const std::string url = place.store->url(object.key);
    if (object.folder()) {  // of a prefix there is no more to say
      return list.add({{"kind", "Folder"}, {"name", name}, {"url", url}}, url, {name, "-", "-"});
    }
    const std::string modified = sys::rfc3339(object.modified_millis);
    return list.add(
        {{"kind", "Object"}, {"name", name}, {"url", url}, {"size", object.size}, {"modified", modified}},
        url, {name, human_bytes(object.size), modified.substr(0, 19) + "Z"});
  }));
  tell_passed_over(context, *place.store, true);
  if (list.count() == 0 && !is_empty_container(place, options.url))
    return fail(Exit::not_found, fmt::format("there is nothing at {}", place.store->url(place.key)),
                "check the URL; mlctl ls of the folder above shows what there is");
  TRY(list.finish());
  return Exit::ok;
}

}  // namespace

const Command& ls_command() {
  static const Command command(
      {"ls", "storage", "List what a store holds", "URL [flags]",
       "mlctl ls s3://photos\n"
       "# the buckets that the keys may list\n"
       "mlctl ls s3://\n"
       "mlctl ls file:///srv/store/rabbits --recursive -o json\n"
       "# what a killed upload left: the same upload takes it up, rm --incomplete drops it\n"
       "mlctl ls s3://photos --incomplete\n"
       "# what it was before, and the way back\n"
       "mlctl ls s3://photos/one.jpg --versions"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
