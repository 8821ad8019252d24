#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/list_stream.h"
#include "cmd/stores.h"
#include "core/base/strings.h"
#include "core/store/location.h"
#include "core/store/object_store.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

struct Options {
  std::string url;
  bool recursive = false, incomplete = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("URL", options.url, "a prefix or an object: s3://…, oss://…, gs://…, file:///… or a path",
                   Value::stored);
  flags.flag("-r,--recursive", options.recursive, "everything below, not just one level");
  flags.flag("--incomplete", options.incomplete, "uploads that were begun and not ended: they take space");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  return {};
}

// What the URL names: the object itself, or what lies below it.
Result<> show_found(const Place& place, bool recursive, const TakeObject& take) {
  if (!place.slash) {
    if (const Result<ObjectInfo> object = place.store->head(place.key)) return take(*object);
  }
  return place.store->list(place.prefix(), recursive, take);
}

// A bucket or a folder that is there and holds nothing: that was asked, and is the answer.
bool is_empty_container(const Place& place, const std::string& url) {
  const Result<std::filesystem::path> path = local_path(url);
  return path ? sys::is_folder(*path) : place.key.empty();
}

RunResult run_incomplete(const Options& options, Context& context) {
  const BucketPlace place = TRY(open_bucket(context, options.url, options.store));
  ListStream list(context, {"NAME", "BEGUN", "UPLOAD"});
  for (const Upload& upload : TRY(incomplete_uploads(place))) {
    const std::string url = place.store->url(upload.key), begun = sys::rfc3339(upload.initiated_millis);
    list.add({{"kind", "Upload"}, {"url", url}, {"uploadId", upload.id}, {"begun", begun}}, url,
             {upload.key, begun.substr(0, 19) + "Z", upload.id});
  }
  TRY(list.finish());
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  if (options.incomplete) return run_incomplete(options, context);
  const Place place = TRY(open_place(context, options.url, options.store));
  ListStream list(context, {"NAME", "SIZE", "MODIFIED"});
  TRY(show_found(place, options.recursive, [&](const ObjectInfo& object) -> Result<> {
    if (context.stop) return fail(context.stop.code(), "stopped");
    const std::string name = object.key == place.key ? object.key.substr(object.key.rfind('/') + 1)
                                                     : object.key.substr(place.prefix().size());
    const std::string url = place.store->url(object.key);
    if (object.folder()) {  // of a prefix there is no more to say
      list.add({{"kind", "Folder"}, {"name", name}, {"url", url}}, url, {name, "-", "-"});
      return {};
    }
    const std::string modified = sys::rfc3339(object.modified_millis);
    list.add(
        {{"kind", "Object"}, {"name", name}, {"url", url}, {"size", object.size}, {"modified", modified}},
        url, {name, human_bytes(object.size), modified.substr(0, 19) + "Z"});
    return {};
  }));
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
       "mlctl ls s3://photos\nmlctl ls file:///srv/store/rabbits --recursive -o json\n"
       "# what a killed upload left: the same upload takes it up, rm --incomplete drops it\n"
       "mlctl ls s3://photos --incomplete"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
