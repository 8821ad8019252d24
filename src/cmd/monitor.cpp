#include <cmath>

#include <fmt/format.h>

#include "cmd/shell/command.h"
#include "cmd/shell/endpoint_words.h"
#include "cmd/shell/manifest_flags.h"
#include "cmd/shell/stream.h"
#include "cmd/shell/workspace.h"
#include "cmd/show/monitor_view.h"
#include "core/base/strings.h"
#include "core/base/units.h"
#include "core/base/visible.h"
#include "core/endpoint/host.h"
#include "core/manifest/manifest.h"
#include "core/model/package.h"
#include "core/monitor/monitor_spec.h"
#include "core/sys/fs.h"

namespace mlctl {

namespace {

constexpr int kPatience = 3;  // looks in a row that may fail before the endpoint counts as down

struct Options {
  ManifestFlags manifest;
  std::string target, rules, reference, token_file, interval = "10s";
  bool once = false;
  StoreOptions store;
};

Result<> at_least_100ms(const std::string& text) {
  const Result<double> interval = parse_duration(text);
  if (interval && *interval >= 0.1) return {};
  return fail(Exit::usage, fmt::format("{} is not a time of at least 100ms", text), "as in 500ms, 10s, 1m");
}

void declare(Flags& flags, Options& options) {
  flags.positional("ENDPOINT", options.target, "its name or URL", Value::endpoint, false);
  declare(flags, options.manifest);
  flags.flag("--once", options.once, "one report since the revision began, then exit");
  flags.option("--rules", "FILE", options.rules,
               "only the rules of a Monitor manifest; one that fires is exit code 11", Value::manifest);
  flags.option("--reference", "MODEL|DATASET", options.reference,
               "compare inputs with its statistics (default: the training data of the model in service)",
               Value::dataset);
  flags.option("--interval", "TIME", options.interval, "between two reports (default 10s)")
      .must(at_least_100ms);
  flags.option("--token-file", "FILE", options.token_file, "the bearer token that the endpoint wants",
               Value::file);
  declare_store(flags, options.store);
}

Result<> check(const Options& options) {
  if (options.target.empty() && options.manifest.file.empty())
    return fail(Exit::usage, "no endpoint is given", "name it, or a Monitor manifest with -f FILE");
  return check(options.manifest);
}

struct Watched {
  std::string name, url, token;
};

Result<Watched> find_target(const Options& options, const std::string& target, Context& context) {
  if (target.starts_with("http://") || target.starts_with("https://")) {
    std::string url = target;
    while (url.ends_with('/')) url.pop_back();
    return Watched{url, url, TRY(read_token_file(options.token_file))};
  }
  const std::string name = endpoint_name(target);
  const serve::Endpoint endpoint = TRY(context.endpoints()->open(name));
  if (endpoint.state == "down") {
    return fail(Exit::network, fmt::format("endpoint {} is down", name),
                fmt::format("mlctl logs {} shows what happened", name));
  }
  const std::string& token_file = options.token_file.empty() ? endpoint.spec.token_file : options.token_file;
  return Watched{name, endpoint.status.url, TRY(read_token_file(token_file))};
}

Result<std::vector<FeatureStats>> reference_statistics(const Options& options, Context& context) {
  const LocalFiles staged = TRY(workspace(context, options.store).files(options.reference));
  const std::filesystem::path& folder = staged.path;
  if (sys::exists(folder / "model.json")) {
    const Model model = TRY(open_model(folder));
    return model.statistics;
  }
  const Dataset dataset = TRY(open_dataset(folder));
  return dataset.statistics;
}

// What the watch needs from one look to the next.
struct Watch {
  const Options& options;
  Context& context;
  Watched target;
  std::optional<std::vector<FeatureStats>> reference{};
  monitor::RuleBook rules{{}};
  std::unique_ptr<Http> http = context.http();
  std::vector<monitor::Look> looks{};  // the last one, and those the drift window may begin at
};

int64_t samples_of(const monitor::Look& look) {
  int64_t most = 0;
  for (const monitor::FeatureBins& bins : look.features) {
    int64_t sum = 0;
    for (const int64_t count : bins.current) sum += count;
    most = std::max(most, sum);
  }
  return most;
}

// The latest look that leaves enough samples to judge; none: since the revision began.
const monitor::Look* drift_start(const Watch& watch, const monitor::Look& now) {
  for (auto look = watch.looks.rbegin(); look != watch.looks.rend(); ++look) {
    if (samples_of(now) - samples_of(*look) >= monitor::kMinimumSamples) return &*look;
  }
  return nullptr;
}

void remember(Watch& watch, monitor::Look now) {
  watch.looks.push_back(std::move(now));
  // Older ones than the start of the drift window are of no use any more.
  const monitor::Look* const start = drift_start(watch, watch.looks.back());
  if (start == nullptr) return;
  watch.looks.erase(watch.looks.begin(), watch.looks.begin() + (start - watch.looks.data()));
}

Result<> report_down(Watch& watch, const Error& error) {
  const double now = static_cast<double>(watch.context.clock.unix_millis()) / 1e3;
  const Json item = {{"apiVersion", "mlctl.dev/v1"},
                     {"kind", "MonitorReport"},
                     {"time", sys::rfc3339(static_cast<int64_t>(now * 1e3))},
                     {"endpoint", watch.target.name},
                     {"url", watch.target.url},
                     {"up", false},
                     {"message", error.message}};
  return print_item(watch.context, item,
                    visible(fmt::format("{}  no data: {}", watch.target.name, error.message)));
}

Result<> print_report(Watch& watch, const monitor::Report& report,
                      const std::vector<monitor::Alert>& alerts) {
  Json item = monitor::to_json(report);
  Json& list = item["alerts"] = Json::array();
  for (const monitor::Alert& alert : alerts) {
    Json entry = {{"name", alert.rule.name}, {"expr", alert.rule.expr}, {"severity", alert.rule.severity}};
    entry["value"] = std::isnan(alert.value) ? Json() : Json(alert.value);
    entry["firing"] = alert.firing;
    list.push_back(std::move(entry));
  }
  const std::string view = monitor_view(watch.context, report, alerts);
  if (watch.options.once) {
    const std::string& name = watch.target.name;
    return print(watch.context, item, "endpoint/" + name, [&view](bool) { return view; });
  }
  const bool screen = watch.context.io.out_is_tty && for_people(watch.context);
  TRY(print_item(watch.context, item, (screen ? watch.context.io.ours("\x1b[H\x1b[2J") : "") + view));
  watch.context.io.flush();
  return {};
}

// One look: prints its report; a rule that fires → 11.
Result<> look_once(Watch& watch) {
  const double now = static_cast<double>(watch.context.clock.unix_millis()) / 1e3;
  monitor::Look look = TRY(monitor::look_at(*watch.http, watch.target.url, watch.target.token, now));
  if (watch.reference) TRY(monitor::use_reference(look, *watch.reference));
  const monitor::Look* const before = watch.looks.empty() ? nullptr : &watch.looks.back();
  monitor::Report report = monitor::compare(before, look, drift_start(watch, look));
  report.endpoint = watch.target.name;
  report.url = watch.target.url;
  const std::vector<monitor::Alert> alerts =
      watch.rules.judge(monitor::rule_metrics(report), now, watch.options.once);
  TRY(print_report(watch, report, alerts));
  std::vector<std::string> firing;
  for (const monitor::Alert& alert : alerts) {
    if (alert.firing) firing.push_back(monitor::describe(alert));
  }
  if (!firing.empty()) return fail(Exit::gate, "firing: " + join(firing, "; "));
  remember(watch, std::move(look));
  return {};
}

Result<> watch_on(Watch& watch, double interval) {
  int failures = 0;
  while (!watch.context.stop && !watch.context.io.broken()) {
    const Result<> looked = look_once(watch);
    const bool no_data =
        !looked && (looked.error().code == Exit::network || looked.error().code == Exit::timeout);
    if (!looked && (!no_data || ++failures >= kPatience)) return looked;
    if (looked) failures = 0;
    if (no_data) TRY(report_down(watch, looked.error()));
    for (double waited = 0; waited < interval && !watch.context.stop; waited += 0.1) {
      watch.context.clock.sleep(std::min(0.1, interval - waited));
    }
  }
  return {};
}

RunResult run(const Options& given, Context& context) {
  Options options = given;
  const std::optional<Manifest> manifest = TRY(load_manifest(options.manifest, "Monitor", context));
  monitor::MonitorSpec spec;
  if (manifest) spec = TRY(monitor::monitor_spec(*manifest));
  if (options.target.empty()) options.target = spec.endpoint;
  if (options.reference.empty()) options.reference = spec.reference;
  if (!options.rules.empty()) {
    const Manifest only = TRY(load_manifest(options.rules, {}, context.env, "Monitor"));
    spec.rules = TRY(monitor::monitor_spec(only)).rules;
  }
  Watch watch{options, context, TRY(find_target(options, options.target, context))};
  watch.rules = monitor::RuleBook(std::move(spec.rules));
  if (!options.reference.empty()) watch.reference = TRY(reference_statistics(options, context));
  if (options.once) {
    TRY(look_once(watch));
  } else {
    TRY(watch_on(watch, *parse_duration(options.interval)));
  }
  return Exit::ok;
}

}  // namespace

const Command& monitor_command() {
  static const Command command(
      {"monitor", "lifecycle", "Watch an endpoint: traffic, latency, drift of its inputs",
       "NAME|URL | -f FILE [--once] [--rules FILE] [flags]",
       "mlctl monitor fashion\n"
       "mlctl monitor fashion --once -o json\n"
       "mlctl monitor fashion --once --rules alerts.yaml   # exit code 11 when a rule fires",
       "Inputs are compared with the statistics of the training data that travel with the model. A verdict\n"
       "needs 500 samples; below that it is \"insufficient\", not an alarm. Rules may speak of requests,\n"
       "request_rate, errors, error_rate, client_errors, "
       "latency_mean, latency_p50, latency_p90, latency_p95,\n"
       "latency_p99, queue_p99, in_flight, cpu, memory, ready and drift (the largest PSI); "
       "with --once a rule\n"
       "fires at once, whatever its \"for\"."},
      declare, check, run);
  return command;
}

}  // namespace mlctl
