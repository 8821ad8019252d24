#include <filesystem>

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/output.h"
#include "cmd/shell/store_flags.h"
#include "cmd/shell/workspace.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
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
  declare_version(flags, options.store);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  if (!options.store.version.empty() &&
      (options.recursive || options.incomplete || options.url.ends_with('/')))
    return fail(Exit::usage, "--version-id is about one object");
  return {};
}

struct Tally {
  uint64_t objects = 0, bytes = 0;
};

// Shows what lies below as the listing comes: nothing is kept, for there may be millions.
Result<Tally> each_below(const Place& place, const Context& context, const TakeObject& take) {
  Tally tally;
  TRY(place.store->list(place.prefix(), true, [&](const ObjectInfo& object) -> Result<> {
    if (context.stop) return fail(context.stop.code(), "stopped");
    ++tally.objects;
    tally.bytes += object.size;
    return take(object);
  }));
  if (tally.objects > 0) return tally;
  return fail(Exit::not_found, fmt::format("there is nothing at {}", place.store->url(place.key)),
              "check the URL");
}

// Asked only on a terminal; elsewhere removing many needs --yes.
Result<bool> agreed(Context& context, const Options& options, const Place& place) {
  if (options.yes && options.recursive) return true;
  const Tally found = TRY(each_below(place, context, [](const ObjectInfo&) -> Result<> { return {}; }));
  const std::string objects = plural(found.objects, "object");
  if (!options.recursive)
    return fail(Exit::usage, fmt::format("{} holds {}", place.store->url(place.key), objects),
                "--recursive removes them, --recursive --dry-run shows them");
  if (!context.io.in_is_tty || !context.io.err_is_tty)
    return fail(Exit::usage, fmt::format("rm --recursive would remove {}", objects),
                "--yes says so where nobody can be asked");
  context.io.err(fmt::format("Remove {}, {}, below {}? [y/N] ", objects, human_bytes(found.bytes),
                             visible(options.url)));
  std::string answer;
  context.io.read_line(answer);
  return to_lower(trim(answer)) == "y" || to_lower(trim(answer)) == "yes";
}

// Removes while the listing goes on, as many per request as it can name: removed objects do not change the
// rest of the listing.
Result<Tally> remove_below(const Place& place, const Context& context) {
  constexpr size_t kBatch = 1000;
  std::vector<std::string> batch;
  uint64_t gone = 0;
  const auto flush = [&]() -> Result<> {
    if (batch.empty()) return {};
    TRY(place.store->remove_all(batch, [](size_t) -> Result<> { return {}; }));
    gone += batch.size();
    batch.clear();
    return {};
  };
  Result<Tally> removed = each_below(place, context, [&](const ObjectInfo& object) -> Result<> {
    batch.push_back(object.key);
    return batch.size() < kBatch ? Result<>() : flush();
  });
  if (!removed && context.stop && gone > 0)
    return fail(Exit::interrupted, fmt::format("stopped after removing {}", plural(gone, "object")),
                "run the same command again to go on");
  if (!removed) return removed;
  TRY(flush());
  TRY(place.store->remove_folder(place.prefix()));
  return removed;
}

Result<> print_removal(Context& context, const Options& options, const Tally& tally, const Json& names) {
  Json result = document(
      "Removal",
      {{"url", options.url}, {"count", tally.objects}, {"bytes", tally.bytes}, {"dryRun", options.dry_run}});
  if (options.dry_run) result["objects"] = names;
  return print(context, result, options.url, [&](bool) {
    std::string lines;
    for (const Json& name : names) lines += visible(name.get<std::string>()) + "\n";
    return lines + fmt::format("{} {}, {}\n", options.dry_run ? "would remove" : "removed",
                               plural(tally.objects, "object"), human_bytes(tally.bytes));
  });
}

Result<> remove_one(Context& context, const Options& options, const Place& place, const ObjectInfo& object) {
  Json names = Json::array();
  if (options.dry_run)
    names.push_back(place.store->url(object.key));
  else
    TRY(place.store->remove(object.key));
  return print_removal(context, options, {1, object.size}, names);
}

// Unfinished uploads are nothing that anybody can read, so nobody is asked.
RunResult drop_incomplete(const Options& options, Context& context) {
  const BucketPlace place = TRY(stores(context).open_bucket(options.url, options.store));
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

bool is_link(const Place& place, const std::string& url) {
  std::error_code ignored;
  return !is_stored(url) && std::filesystem::is_symlink(place.store->url(place.key), ignored);
}

// As rm(1), removes a link itself. With a trailing slash the folder behind it would be meant, which may be
// anybody's.
RunResult remove_link(Context& context, const Options& options, const Place& place) {
  if (place.slash)
    return fail(Exit::usage,
                fmt::format("{} is a link, and nothing is removed through one", place.store->url(place.key)),
                "name the folder itself, or the link without a slash to remove the link");
  TRY(remove_one(context, options, place, {place.key, 0, 0}));
  return Exit::ok;
}

RunResult run(const Options& options, Context& context) {
  if (options.incomplete) return drop_incomplete(options, context);
  const Place place = TRY(open_place(context, options.url, options.store));
  if (!options.store.version.empty()) {  // it may be a mark of deletion, which nobody can read
    TRY(remove_one(context, options, place, {place.key, 0, 0}));
    return Exit::ok;
  }
  if (is_link(place, options.url)) return remove_link(context, options, place);
  const Result<ObjectInfo> single = place.slash ? fail(Exit::not_found, "") : place.store->head(place.key);
  if (single) {
    TRY(remove_one(context, options, place, *single));
    return Exit::ok;
  }
  if (place.key.empty()) return fail(Exit::usage, "refusing to remove everything there is");
  if (options.dry_run && options.recursive) {
    Json names = Json::array();
    const Tally found = TRY(each_below(place, context, [&](const ObjectInfo& object) -> Result<> {
      names.push_back(place.store->url(object.key));
      return {};
    }));
    tell_passed_over(context, *place.store, false);
    TRY(print_removal(context, options, found, names));
    return Exit::ok;
  }
  if (!TRY(agreed(context, options, place))) {
    context.io.note("nothing was removed");
    return Exit::failed;
  }
  const Result<Tally> gone = remove_below(place, context);
  tell_passed_over(context, *place.store, false);
  if (!gone) return fail(gone.error());
  const Tally& removed = *gone;
  TRY(print_removal(context, options, removed, Json::array()));
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
