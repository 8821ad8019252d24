#include "cmd/transfers.h"

#include <fmt/format.h>

#include "cmd/output.h"
#include "cmd/progress.h"
#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

const char* action(const Planned& planned) {
  return !planned.copy ? "keep" : planned.replaces ? "replace" : "copy";
}

Result<> print_plan(Context& context, const std::vector<Planned>& plan, const Place& to) {
  Json items = Json::array();
  Table table{{"ACTION", "SIZE", "OBJECT"}, {}};
  for (const Planned& planned : plan) {
    const std::string url = to.store->url(planned.key);
    items.push_back({{"kind", "Object"}, {"url", url}, {"size", planned.size}, {"action", action(planned)}});
    table.rows.push_back({action(planned), human_bytes(planned.size), url});
  }
  return print(context, list_document(std::move(items)), to.store->url(to.key),
               [&](bool wide) { return render(table, wide); });
}

Result<> print_summary(Context& context, const TransferRequest& request, const TransferSummary& summary) {
  const Json result = document("Transfer", {{"command", request.verb},
                                            {"source", request.source},
                                            {"destination", request.url},
                                            {"objects", summary.copied + summary.present},
                                            {"bytes", summary.bytes},
                                            {"copied", summary.copied},
                                            {"copiedBytes", summary.copied_bytes},
                                            {"present", summary.present}});
  return print(context, result, request.url, [&](bool) {
    std::string text = fmt::format("{}ed {}, {} to {}\n", request.verb, plural(summary.copied, "object"),
                                   human_bytes(summary.copied_bytes), request.url);
    if (summary.copied == 0)
      return fmt::format("{}: up to date ({}, {})\n", request.url, plural(summary.present, "object"),
                         human_bytes(summary.bytes));
    if (summary.present > 0)
      text += fmt::format("{} there already, verified\n", plural(summary.present, "object"));
    return text;
  });
}

// One transfer to a place at a time, from this user: two would write the same halves of objects.
Result<std::vector<sys::Lock>> lock_destination(const Context& context, const Place& to) {
  const std::string name =
      fmt::format("transfer-{:016x}.lock", hash64(to.store->url(to.key) + (to.slash ? "/" : "")));
  std::vector<sys::Lock> held;
  Result<sys::Lock> lock = sys::Lock::take(context.user_state_folder() / "locks" / name);
  if (lock) held.push_back(std::move(*lock));
  if (!lock && lock.error().code == Exit::conflict) {
    lock.error().message = "another mlctl transfers to " + to.store->url(to.key);
    return fail(std::move(lock.error()));
  }
  return held;  // a home that can't be written to is no reason to refuse
}

}  // namespace

Result<Exit> run_transfer(Context& context, const TransferRequest& request, const Walk& walk, Place& to) {
  std::vector<sys::Lock> lock;
  if (!request.dry_run) lock = TRY(lock_destination(context, to));
  std::vector<Planned> plan;
  {
    Progress progress(context, "compare", "B", 0);
    plan = TRY(plan_transfer(walk, *to.store, request.overwrite, [&](std::string_view bytes) -> Result<> {
      if (context.stop) return fail(context.stop.code(), "stopped before anything was copied");
      progress.advance(bytes.size());
      return {};
    }));
  }
  if (request.dry_run) {
    TRY(print_plan(context, plan, to));
    return Exit::ok;
  }
  uint64_t total = 0;
  for (const Planned& planned : plan) total += planned.copy ? planned.size : 0;
  TransferSummary summary;
  {
    Progress progress(context, request.verb, "B", total);
    const auto advance = [&](std::string_view bytes) -> Result<> {
      progress.advance(bytes.size());
      return {};
    };
    const size_t threads = std::max(to.store->width(), request.width);
    summary = TRY(transfer(walk, plan, *to.store, {advance, &context.stop, threads}));
  }
  TRY(print_summary(context, request, summary));
  return Exit::ok;
}

}  // namespace mlctl
