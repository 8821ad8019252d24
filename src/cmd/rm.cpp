#include <fmt/format.h>

#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/stores.h"
#include "core/base/strings.h"
#include "core/store/location.h"
#include "core/store/object_store.h"

namespace mlctl {

namespace {

struct Options {
  std::string url;
  bool recursive = false, incomplete = false, dry_run = false, yes = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("URL", options.url, "an object, or a prefix with --recursive", Value::stored);
  flags.flag("-r,--recursive", options.recursive, "everything below the URL");
  flags.flag("--incomplete", options.incomplete, "only uploads that were begun and not ended");
  flags.flag("--dry-run", options.dry_run, "only say what would be removed");
  flags.flag("-y,--yes", options.yes, "do not ask");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  return {};
}

Result<std::vector<ObjectInfo>> doomed(const Place& place, bool recursive) {
  const std::string url = place.store->url(place.key);
  if (!place.slash) {
    if (const Result<ObjectInfo> object = place.store->head(place.key)) return std::vector{*object};
  }
  if (place.key.empty()) return fail(Exit::usage, "refusing to remove everything there is");
  std::vector<ObjectInfo> objects;
  TRY(place.store->list(place.prefix(), true, [&](const ObjectInfo& object) -> Result<> {
    objects.push_back(object);
    return {};
  }));
  if (objects.empty())
    return fail(Exit::not_found, fmt::format("there is nothing at {}", url), "check the URL");
  if (!recursive)
    return fail(Exit::usage, fmt::format("{} holds {}", url, plural(objects.size(), "object")),
                "--recursive removes them, --recursive --dry-run shows them");
  return objects;
}

// Asked only on a terminal; elsewhere removing many needs --yes.
Result<bool> agreed(Context& context, const Options& options, const std::vector<ObjectInfo>& objects) {
  if (options.yes || options.dry_run || !options.recursive) return true;
  if (!context.io.in_is_tty || !context.io.err_is_tty)
    return fail(Exit::usage, fmt::format("rm --recursive would remove {}", plural(objects.size(), "object")),
                "--yes says so where nobody can be asked");
  context.io.err(fmt::format("Remove {} below {}? [y/N] ", plural(objects.size(), "object"), options.url));
  std::string answer;
  context.io.read_line(answer);
  return to_lower(trim(answer)) == "y" || to_lower(trim(answer)) == "yes";
}

Result<> remove_all(const std::vector<ObjectInfo>& objects, const Place& place, const Context& context) {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : objects) keys.push_back(object.key);
  TRY(place.store->remove_all(keys, [&](size_t gone) -> Result<> {
    if (!context.stop || gone == keys.size()) return {};
    return fail(gone > 0 ? Exit::interrupted : context.stop.code(),
                fmt::format("stopped after removing {} of {}", gone, plural(keys.size(), "object")),
                "run the same command again to go on");
  }));
  if (objects.size() != 1 || objects.front().key != place.key)
    TRY(place.store->remove_folder(place.prefix()));
  return {};
}

// Nothing that anybody can read is lost by this, so nobody is asked.
RunResult drop_incomplete(const Options& options, Context& context) {
  const BucketPlace place = TRY(open_bucket(context, options.url, options.store));
  const std::vector<Upload> uploads = TRY(incomplete_uploads(place));
  Json names = Json::array();
  for (const Upload& upload : uploads) {
    if (!options.dry_run) TRY(place.store->abort(upload));
    names.push_back(place.store->url(upload.key));
  }
  const Json result =
      document("Removal", {{"url", options.url}, {"uploads", std::move(names)}, {"dryRun", options.dry_run}});
  TRY(print(context, result, options.url, [&](bool) {
    return fmt::format("{} {}\n", options.dry_run ? "would drop" : "dropped",
                       plural(uploads.size(), "unfinished upload"));
  }));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  if (options.incomplete) return drop_incomplete(options, context);
  const Place place = TRY(open_place(context, options.url, options.store));
  const std::vector<ObjectInfo> objects = TRY(doomed(place, options.recursive));
  if (!TRY(agreed(context, options, objects))) {
    context.io.note("nothing was removed");
    return Exit::failed;
  }
  if (!options.dry_run) TRY(remove_all(objects, place, context));
  uint64_t bytes = 0;
  std::string lines;
  Json names = Json::array();
  for (const ObjectInfo& object : objects) {
    bytes += object.size;
    names.push_back(place.store->url(object.key));
    if (options.dry_run) lines += place.store->url(object.key) + "\n";
  }
  lines += fmt::format("{} {}, {}\n", options.dry_run ? "would remove" : "removed",
                       plural(objects.size(), "object"), human_bytes(bytes));
  const Json result = document(
      "Removal",
      {{"url", options.url}, {"objects", std::move(names)}, {"bytes", bytes}, {"dryRun", options.dry_run}});
  TRY(print(context, result, options.url, [&](bool) { return lines; }));
  return Exit::ok;
}

}  // namespace

const Command& rm_command() {
  static const Command command(
      {"rm", "storage", "Remove objects from a store", "URL [flags]",
       "mlctl rm file:///srv/store/old.tar\nmlctl rm file:///srv/store/rabbits --recursive --dry-run"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
