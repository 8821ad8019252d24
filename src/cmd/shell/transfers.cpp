#include "cmd/shell/transfers.h"

#include <fmt/format.h>

#include "cmd/shell/confirm.h"
#include "cmd/shell/output.h"
#include "cmd/shell/progress.h"
#include "cmd/shell/store_flags.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/base/visible.h"
#include "core/sys/fs.h"
#include "core/sys/walk.h"

namespace mlctl {

namespace {

const char* action(const Planned& planned) {
  if (planned.skipped) return "skip";
  return !planned.copy ? "keep" : planned.replaces ? "replace" : "copy";
}

using Surplus = std::vector<ObjectInfo>;

Result<> print_plan(Context& context, const std::vector<Planned>& plan, const Surplus& surplus,
                    const Place& to) {
  Json items = Json::array();
  Table table{{"ACTION", "SIZE", "OBJECT"}, {}};
  const auto add = [&](const char* what, const std::string& key, uint64_t size) {
    const std::string url = to.store->url(key);
    items.push_back({{"kind", "Object"}, {"url", url}, {"size", size}, {"action", what}});
    table.rows.push_back({what, human_bytes(size), url});
  };
  for (const Planned& planned : plan) add(action(planned), planned.key, planned.size);
  for (const ObjectInfo& object : surplus) add("delete", object.key, object.size);
  return print(context, list_document(std::move(items)), to.store->url(to.key),
               [&](bool wide) { return render(table, wide); });
}

Result<> print_summary(Context& context, const TransferRequest& request, const TransferSummary& summary,
                       size_t removed) {
  const Json result = document("Transfer", {{"command", request.verb},
                                            {"source", request.source},
                                            {"destination", request.url},
                                            {"objects", summary.copied + summary.present + summary.skipped},
                                            {"bytes", summary.bytes},
                                            {"copied", summary.copied},
                                            {"copiedBytes", summary.copied_bytes},
                                            {"present", summary.present},
                                            {"skipped", summary.skipped},
                                            {"removed", removed}});
  return print(context, result, request.url, [&](bool) {
    std::string text = fmt::format("{}ed {}, {} to {}\n", request.verb, plural(summary.copied, "object"),
                                   human_bytes(summary.copied_bytes), visible(request.url));
    const uint64_t left = summary.present + summary.skipped;
    if (summary.copied == 0)
      text = fmt::format("{}: up to date ({}, {})\n", visible(request.url), plural(left, "object"),
                         human_bytes(summary.bytes));
    if (summary.copied > 0 && summary.present > 0)
      text += fmt::format("{} there already, verified\n", plural(summary.present, "object"));
    if (summary.skipped > 0)
      text +=
          fmt::format("{} there as new as the source or newer, skipped\n", plural(summary.skipped, "object"));
    if (removed > 0)
      text += fmt::format("removed {} that {} does not have\n", plural(removed, "object"),
                          visible(request.source));
    return text;
  });
}

// The destination of a single object that got its name from the source.
std::string destination_of(const TransferRequest& request, const std::vector<Planned>& plan,
                           const Place& to) {
  if (request.folder || plan.size() != 1) return request.url;
  const std::string &key = plan.front().key, prefix = to.prefix();
  if (key == to.key || !key.starts_with(prefix)) return request.url;
  return request.url + (request.url.ends_with('/') ? "" : "/") + key.substr(prefix.size());
}

// Allows this user one transfer to a place at a time: two would write the same unfinished objects.
Result<std::vector<sys::Lock>> lock_destination(const Context& context, const Place& to) {
  const std::string name =
      fmt::format("transfer-{:016x}.lock", hash64(to.store->url(to.key) + (to.slash ? "/" : "")));
  std::vector<sys::Lock> held;
  const Result<sys::PathAt> place = sys::private_place(context.user_state_folder(), "locks/" + name);
  if (!place) return held;  // a home that can't be written to is no reason to refuse
  Result<sys::Lock> lock = sys::Lock::take(*place);
  if (lock) held.push_back(std::move(*lock));
  if (!lock && lock.error().code == Exit::conflict) {
    lock.error().message = "another mlctl transfers to " + to.store->url(to.key);
    return fail(std::move(lock.error()));
  }
  return held;
}

Result<std::vector<Planned>> compare(Context& context, const TransferFlags& flags, const Walk& walk,
                                     const Place& to) {
  const Replace replace = flags.if_newer    ? Replace::older
                          : flags.overwrite ? Replace::anything
                                            : Replace::nothing;
  Progress progress(context, "compare", "B", 0);
  return plan_transfer(walk, *to.store, replace, [&](std::string_view bytes) -> Result<> {
    if (context.stop) return fail(context.stop.code(), "stopped before anything was copied");
    progress.advance(bytes.size());
    return {};
  });
}

// A source that is empty or can't be read fails earlier, so the surplus is never simply everything at the
// destination.
Result<Surplus> find_surplus(const TransferRequest& request, const std::vector<Planned>& plan,
                             const Place& from, const Place& to) {
  if (!request.flags.prune) return Surplus{};
  if (!request.folder)
    return fail(Exit::usage, fmt::format("--delete: {} is a single object, not a folder", request.source));
  const std::string there = to.store->url(to.prefix()), here = from.store->url(from.prefix());
  if (there == "/") return fail(Exit::usage, "--delete: refusing to remove what is at /");
  if (there.starts_with(here) || here.starts_with(there))
    return fail(Exit::usage,
                fmt::format("--delete: {} and {} lie within each other", request.source, request.url));
  std::vector<std::string> spared;  // the source has them, though they were not copied
  if (const sys::PassedOver* passed = from.store->passed_over()) {
    for (const sys::PassedOver::Name& name : passed->names) {
      const std::string& key = name.path.native();
      if (key.starts_with(from.prefix())) spared.push_back(key.substr(from.prefix().size()));
    }
  }
  return surplus_of(plan, *to.store, to.prefix(), request.flags.filter, spared);
}

Result<> remove_surplus(const Context& context, const Surplus& surplus, const Place& to) {
  if (surplus.empty()) return {};
  std::vector<std::string> keys;
  for (const ObjectInfo& object : surplus) keys.push_back(object.key);
  TRY(to.store->remove_all(keys, [&](size_t gone) -> Result<> {
    if (!context.stop || gone == keys.size()) return {};
    return fail(Exit::interrupted,
                fmt::format("stopped after removing {} of {}", gone, plural(keys.size(), "object")),
                "run the same command again to go on");
  }));
  return to.store->remove_folder(to.prefix());
}

}  // namespace

void declare_transfer(Flags& flags, TransferFlags& options) {
  flags.list("--include", "GLOB", options.filter.include, "only what matches (repeatable)");
  flags.list("--exclude", "GLOB", options.filter.exclude, "leave out what matches (repeatable)");
  flags.flag("--overwrite", options.overwrite, "replace what has other content");
  flags.flag("--if-newer", options.if_newer,
             "replace only what was modified before the source; skip the rest unread");
  flags.flag("--delete", options.prune, "then remove there what the source does not have");
  flags.flag("--dry-run", options.dry_run, "only say what would be done");
  flags.flag("-y,--yes", options.yes, "do not ask before --delete removes");
}

Result<> check_transfer(const TransferFlags& options, bool streamed, bool templated) {
  const char* const flag = options.prune ? "--delete" : options.if_newer ? "--if-newer" : nullptr;
  if (flag != nullptr && streamed)
    return fail(Exit::usage, fmt::format("{} is about folders and files, not about -", flag));
  if (options.prune && templated)
    return fail(Exit::usage,
                "--delete does not go with --key: "
                "names that a template makes say nothing of what else is there");
  return {};
}

Result<StoreSource> walk_store(Context& context, const Place& from, const Place& to, bool into,
                               const NameFilter& filter, const std::string& key_template) {
  const bool single = !from.slash && from.store->head(from.key).has_value();
  const std::string name = from.key.substr(from.key.rfind('/') + 1);
  std::string target = !single || into ? to.prefix() : to.key;
  if (single && !key_template.empty())
    target = to.prefix() + TRY(fill_key(key_template, fields_of(name)));
  else if (single && into)
    target += name;
  Result<Walk> walk =
      walk_tree({from.store.get(), from.key, std::move(target), key_template, filter, from.slash});
  tell_passed_over(context, *from.store, true);
  return StoreSource{TRY(std::move(walk)), !single};
}

Result<Exit> run_transfer(Context& context, const TransferRequest& request, const Walk& walk,
                          const Place& from, Place& to) {
  std::vector<sys::Lock> lock;
  if (!request.flags.dry_run) lock = TRY(lock_destination(context, to));
  const std::vector<Planned> plan = TRY(compare(context, request.flags, walk, to));
  const Surplus surplus = TRY(find_surplus(request, plan, from, to));
  tell_passed_over(context, *to.store, false);
  if (request.flags.dry_run) {
    TRY(print_plan(context, plan, surplus, to));
    return Exit::ok;
  }
  if (!surplus.empty())
    TRY(confirm(context,
                fmt::format("Remove {} below {} that {} does not have?", plural(surplus.size(), "object"),
                            request.url, request.source),
                request.flags.yes));
  uint64_t total = 0;
  for (const Planned& planned : plan) total += planned.copy ? planned.size : 0;
  TransferSummary summary;
  {
    Progress progress(context, request.verb, "B", total);
    const auto advance = [&](std::string_view bytes) -> Result<> {
      progress.advance(bytes.size());
      return {};
    };
    const size_t threads = std::max(to.store->width(), from.store->width());
    const auto at_once = [&] { return std::max(to.store->at_once(), from.store->at_once()); };
    summary = TRY(transfer(walk, plan, *to.store, {advance, &context.stop, threads, at_once}));
  }
  TRY(remove_surplus(context, surplus, to));
  TransferRequest done = request;
  done.url = destination_of(request, plan, to);
  TRY(print_summary(context, done, summary, surplus.size()));
  return Exit::ok;
}

}  // namespace mlctl
