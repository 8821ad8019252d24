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
  bool recursive = false;
  StoreOptions store;
};

void declare(Flags& flags, Options& options) {
  flags.positional("URL", options.url, "a prefix or an object: s3://…, oss://…, gs://…, file:///… or a path",
                   Value::stored);
  flags.flag("-r,--recursive", options.recursive, "everything below, not just one level");
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  TRY(check_place(options.url));
  return {};
}

// What the URL names: the object itself, or what lies below it.
Result<std::vector<ObjectInfo>> found_at(const Place& place, bool recursive) {
  std::vector<ObjectInfo> objects;
  if (!place.slash) {
    if (const Result<ObjectInfo> object = place.store->head(place.key)) return std::vector{*object};
  }
  TRY(place.store->list(place.prefix(), recursive, [&](const ObjectInfo& object) -> Result<> {
    objects.push_back(object);
    return {};
  }));
  if (objects.empty())
    return fail(Exit::not_found, fmt::format("there is nothing at {}", place.store->url(place.key)),
                "check the URL; mlctl ls of the folder above shows what there is");
  return objects;
}

RunResult run(const Options& options, Context& context) {
  const Place place = TRY(open_place(context, options.url, options.store));
  const std::vector<ObjectInfo> objects = TRY(found_at(place, options.recursive));
  Json items = Json::array();
  Table table{{"NAME", "SIZE", "MODIFIED"}, {}};
  for (const ObjectInfo& object : objects) {
    const std::string name = object.key == place.key ? object.key.substr(object.key.rfind('/') + 1)
                                                     : object.key.substr(place.prefix().size());
    const std::string modified = sys::rfc3339(object.modified_millis);
    items.push_back({{"kind", object.folder() ? "Folder" : "Object"},
                     {"name", name},
                     {"url", place.store->url(object.key)},
                     {"size", object.size},
                     {"modified", modified}});
    table.rows.push_back(
        {name, object.folder() ? "-" : human_bytes(object.size), modified.substr(0, 19) + "Z"});
  }
  std::string names;
  for (const Json& item : items) names += (names.empty() ? "" : "\n") + item["url"].get<std::string>();
  TRY(print(context, list_document(std::move(items)), names, [&](bool wide) { return render(table, wide); }));
  return Exit::ok;
}

}  // namespace

const Command& ls_command() {
  static const Command command(
      {"ls", "storage", "List what a store holds", "URL [flags]",
       "mlctl ls file:///srv/store\nmlctl ls file:///srv/store/rabbits --recursive -o json"},
      declare, check, run);
  return command;
}

}  // namespace mlctl
